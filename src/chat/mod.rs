//! The rules of the chat and their SQL, one file per noun.
//!
//! Every act is a plain function over a transaction: it checks, writes, and tells the transaction
//! the facts that the world must hear once it is committed. The functions know neither HTTP nor
//! sockets.

pub mod account;
pub mod block;
pub mod consistency;
pub mod direct;
pub mod file;
pub mod invite;
pub mod key;
mod limits;
pub mod member;
pub mod message;
pub mod one_time_link;
pub mod outbox;
pub mod room;
pub mod search;
pub mod session;
mod stored;
pub mod unread;
pub mod user;

#[cfg(test)]
mod fixtures;

pub use limits::Limits;

use crate::db::{Fault, Param};
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use message::Message;
use room::Room;
use user::User;

/// A transaction in which chat's functions read and write; [`Tx::tell`](crate::db::Tx::tell) takes
/// the facts of this module.
pub type Tx<'a> = crate::db::Tx<'a, Fact>;

/// The store as chat uses it.
pub type Db = crate::db::Db<Fact>;

/// What was committed and must be heard, in commit order. A fact carries things as they stood at
/// its own commit, so that hearing it late changes nothing of its meaning.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A message, new or changed, at its room's newest rev.
    Message(Box<Message>),
    /// A room was made.
    RoomMade(Box<Room>),
    /// A room's settings, owner or member count changed.
    RoomChanged(Box<Room>),
    /// A room came into the lobby's list or left it, as it now says of itself.
    RoomListed(Box<Room>),
    /// A room was removed with all that was in it.
    RoomRemoved { room_id: RoomId, was_in_lobby: bool },
    /// Somebody became a member.
    Joined { room_id: RoomId, user: Box<User>, is_ephemeral: bool },
    /// Somebody was made a member by another, or on another of their screens.
    Added { room: Box<Room>, user_id: UserId },
    /// A membership ended at `rev`: that of its line in the room or, where a crowd has none, the next.
    /// A membership that began above it is another.
    Left { room_id: RoomId, user_id: UserId, rev: i64, why: Leaving },
    /// A person changed name, picture or colour.
    UserChanged(Box<User>),
    /// Something was put into the [`outbox`]. Nobody hears of it but who works it off.
    Queued,
}

/// How a membership ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Of the person's own will, or gone from an ephemeral room.
    Exit,
    /// Removed by the owner or a moderator, for good if `ban`.
    Kicked { ban: bool, reason: Option<String> },
}

impl Fact {
    /// The room in whose queue the fact takes its place; `None` for what concerns a person alone.
    pub fn room_id(&self) -> Option<RoomId> {
        match self {
            Fact::Message(message) => Some(message.room_id),
            Fact::RoomMade(room) | Fact::RoomChanged(room) | Fact::RoomListed(room) | Fact::Added { room, .. } => {
                Some(room.id)
            }
            Fact::RoomRemoved { room_id, .. } | Fact::Joined { room_id, .. } | Fact::Left { room_id, .. } => {
                Some(*room_id)
            }
            Fact::UserChanged(_) | Fact::Queued => None,
        }
    }
}

/// How many keys one statement looks up. A fixed number keeps the statement's text, and so its
/// prepared form, the same whatever is asked for.
const CHUNK: usize = 32;

/// The placeholders of one chunk, beginning with `?1` or `?2`.
macro_rules! many {
    (1) => {
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, \
         ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)"
    };
    (2) => {
        "(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, \
         ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)"
    };
}
use many;

/// Runs a statement over [`many!`] keys, a chunk at a time, after the parameters that come first.
fn in_chunks<K: Param, T>(
    first: &[&dyn Param],
    keys: &[K],
    mut query: impl FnMut(&[&dyn Param]) -> Result<Vec<T>, Fault>,
) -> Result<Vec<T>> {
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        // The last chunk is filled up with a key it has already, which changes no answer of an IN.
        let filled = (0..CHUNK).map(|place| &chunk[place.min(chunk.len() - 1)] as &dyn Param);
        let params: Vec<&dyn Param> = first.iter().copied().chain(filled).collect();
        found.append(&mut query(&params)?);
    }
    Ok(found)
}
