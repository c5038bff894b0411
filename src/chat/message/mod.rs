//! Messages: sent once, numbered, read back in order.

use schemars::JsonSchema;
use serde::Serialize;

use super::file::File;
use super::user::User;
use crate::ids::{FileId, MessageId, RoomId, UserId};

mod change;
mod load;
pub(super) mod mention;
mod page;
mod preview;
mod reaction;
mod send;
mod slow_mode;
pub(super) mod system_message;

pub(super) use change::erase;
pub use change::{answer, delete, edit, pin, pins, room_of};
pub(super) use load::by_numbers;
pub use mention::Mention;
pub use page::{Changes, Cursor, Reader, Told, page, since, visible_rev};
pub use preview::{Preview, awaits_preview, set_preview};
pub use reaction::{Reaction, has_reacted, react};
pub use send::{find_sent, send, send_with_files};
pub use system_message::summary_line;

/// A message in its whole present state. A deleted one has an empty text and no files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub room_id: RoomId,
    /// The room's rev at which the message was born: its place, for ever.
    pub seq: i64,
    /// The room's rev of its last change.
    pub rev: i64,
    pub kind: MessageKind,
    /// Who wrote it; in a system line, who acted.
    pub user: Option<User>,
    /// What was written. A system line has none in the store: the doors fill in the ready line in
    /// the reader's language.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// To whom a whisper is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<User>,
    pub files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Reply>,
    pub reactions: Vec<Reaction>,
    /// Whom the text names; left out where it names nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// What the page behind the first link says of itself, where that was asked and answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// The sender's own id for the message; the doors add it for the sender's own sockets alone.
    #[serde(skip)]
    pub key: Option<String>,
    /// Whether not every member may see it whole: the room shows nobody what was before they
    /// joined, and this is something old that changed, or an answer to it. For who tells it live;
    /// what is read back is cut to its reader already.
    #[serde(skip)]
    pub is_partial: bool,
}

impl Message {
    /// Cuts what it quotes from before `first_seq`: that somebody answered something is all that
    /// is left.
    pub fn cut(&mut self, first_seq: i64) {
        if let Some(reply) = self.reply_to.as_mut().filter(|reply| reply.seq < first_seq) {
            reply.user = None;
            reply.excerpt.clear();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    Text,
    System,
    Whisper,
}

/// What a system line tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    pub event: SystemEvent,
    /// Whom it befell: the kicked, the new owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Who did it, where that is another person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// In a crowd: how many besides the named person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SystemEvent {
    Join,
    Exit,
    Kick,
    Ban,
    Owner,
    Title,
    Max,
    Password,
    /// A member became a moderator.
    Moderator,
    /// A moderator became a member again.
    Member,
}

/// The message that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub seq: i64,
    pub user: Option<User>,
    pub excerpt: String,
}

/// What somebody wants to say.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The sender's own id; with it a send may be repeated without a second message.
    pub key: Option<String>,
    pub text: String,
    /// The seq of the message that is answered.
    pub reply_to: Option<i64>,
    /// Uploads of the sender that wait for a message.
    pub file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    pub to: Option<UserId>,
}

/// The answer to a send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message in its present state. What a first answer gave as the rev is its `seq`.
    pub message: Message,
    /// Whether `key` was seen before, so that nothing was stored now.
    pub dup: bool,
}

/// The answer to a deletion.
#[derive(Clone, Debug)]
pub struct Changed {
    pub message: Message,
    /// The hashes of stored bytes that nobody needs any more.
    pub unneeded: Vec<String>,
}
