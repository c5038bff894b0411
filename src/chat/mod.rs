//! The rules of the chat and their SQL, one file per noun.
//!
//! Every act is a plain function over a transaction: it checks, writes, and publishes the facts of its
//! change through the transaction, which releases them once it is committed. The functions know neither
//! HTTP nor sockets.

pub mod account;
pub mod admin;
mod admin_rights;
pub mod api_key;
pub mod audit;
pub mod block;
pub mod bot;
pub mod bot_right;
pub mod bus;
pub mod command;
pub mod consistency;
pub mod digest;
pub mod direct;
pub mod export;
pub mod file;
pub mod guest;
pub mod hook;
pub mod hook_answer;
mod in_list;
pub mod instance;
pub mod invite;
pub mod kinds;
mod like;
mod limits;
pub mod member;
pub mod message;
mod new_member;
pub mod node;
pub mod notification;
pub mod one_time_link;
pub mod outbox;
pub mod outgoing_hook;
pub mod push;
pub mod report;
pub mod retention;
pub mod room;
pub mod scheduled;
pub mod search;
pub mod server_invite;
pub mod server_settings;
mod server_user;
pub mod session;
pub mod sign_up;
mod suspension;
pub mod system_message;
pub mod unread;
pub mod user;

#[cfg(test)]
mod fixtures;

pub use limits::Limits;
use limits::end_after;

use serde::{Deserialize, Serialize};

use crate::ids::{RoomId, UserId};
use member::OwnMute;
use message::Message;
use node::{NodeEvent, NodeId};
use room::{Position, Room};
use server_settings::Numbered;
use session::SessionId;
use user::User;

/// A transaction in which the functions of chat read and write; [`Tx::publish`](crate::db::Tx::publish)
/// takes the facts of this module.
pub type Tx<'a> = crate::db::Tx<'a, Fact>;

/// The store as chat uses it.
pub type Db = crate::db::Db<Fact>;

/// A committed change, published in commit order. A fact carries things as they were at its own commit,
/// so it means the same when it is handled late, or by another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A message, new or changed, at its room's newest rev.
    Message {
        #[serde(with = "message::fact_json")]
        message: Box<Message>,
        position: Position,
    },
    /// A room was created.
    RoomMade(Box<Room>),
    /// A room's settings, owner or member count changed.
    RoomChanged(Box<Room>),
    /// A room entered or left the list of the lobby, as its present settings say.
    RoomListed(Box<Room>),
    /// A room was removed with everything in it.
    RoomRemoved { room_id: RoomId, was_in_lobby: bool },
    /// A user became a member.
    Joined { room_id: RoomId, user: Box<User>, is_ephemeral: bool },
    /// A user was made a member by somebody else, or on another of their screens.
    Added { room: Box<Room>, user_id: UserId, is_request: bool },
    /// A user accepted the direct room that a stranger has opened.
    Accepted { room_id: RoomId, user_id: UserId },
    /// A membership ended at `rev`: that of its system message or, where a large room has none, the next.
    /// A membership that began above it is another one.
    Left { room_id: RoomId, user_id: UserId, rev: i64, why: Leaving },
    /// A member was muted, or may write again.
    Muted { room_id: RoomId, user_id: UserId, mute: Option<OwnMute> },
    /// A user changed name, picture or colour.
    UserChanged(Box<User>),
    /// Sessions of a user ended.
    SessionsEnded { user_id: UserId, sessions: Vec<SessionId> },
    /// A report of a user was made or decided, in a room or for admins only.
    ReportsChanged {
        room_id: Option<RoomId>,
        /// `None` from a server of an older version.
        #[serde(default)]
        about: Option<UserId>,
    },
    /// Admins changed the settings of the server.
    SettingsChanged(Box<Numbered>),
    /// A job was put into the [`outbox`]. Only its worker needs to know.
    Queued,
    /// Something happened on a node that is not stored. Only the other nodes need to know.
    NodeEvents { node_id: NodeId, events: Vec<NodeEvent> },
}

/// How a membership ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaving {
    /// The member left, or went offline in an ephemeral room.
    Exit,
    /// The owner or a moderator removed the member, for good if `ban`.
    Kicked { ban: bool, reason: Option<String> },
}

impl Fact {
    pub(in crate::chat) fn message(message: Message, position: Position) -> Self {
        Self::Message { message: Box::new(message), position }
    }

    /// Returns the room in whose queue the fact belongs; `None` for what concerns only one user.
    pub fn room_id(&self) -> Option<RoomId> {
        match self {
            Fact::Message { message, .. } => Some(message.room_id),
            Fact::RoomMade(room) | Fact::RoomChanged(room) | Fact::RoomListed(room) | Fact::Added { room, .. } => {
                Some(room.id)
            }
            Fact::RoomRemoved { room_id, .. }
            | Fact::Joined { room_id, .. }
            | Fact::Accepted { room_id, .. }
            | Fact::Muted { room_id, .. }
            | Fact::Left { room_id, .. } => Some(*room_id),
            Fact::UserChanged(_)
            | Fact::SessionsEnded { .. }
            | Fact::ReportsChanged { .. }
            | Fact::SettingsChanged(_)
            | Fact::Queued
            | Fact::NodeEvents { .. } => None,
        }
    }
}
