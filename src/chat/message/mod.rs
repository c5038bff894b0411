//! Messages: sent once, numbered, read back in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::File;
use super::server_settings::Looked;
use super::user::User;
use crate::clock::rfc3339;
use crate::ids::{FileId, MessageId, RoomId, UserId};
use crate::text;

mod change;
pub(super) mod fact_json;
mod hide;
mod load;
pub(super) mod mention;
mod page;
mod policy;
mod preview;
mod reaction;
mod remove;
mod reportable;
mod send;
mod slow_mode;
mod system;
mod target;
#[cfg(test)]
mod tests;

pub use super::kinds::{MessageKind, SystemEvent};
pub(super) use change::erase;
pub use change::{NewText, answer, delete, edit, pin, pins};
pub(super) use hide::{Hideable, find_hideable, hide_as, show_as};
pub use hide::{hide, show};
pub(super) use load::{by_number, by_numbers, find};
pub use mention::Mention;
pub use page::{Changes, Cursor, Reader, SharedChanges, page, since, visible_rev};
pub(super) use policy::check_may_write;
pub use policy::shows_typing;
pub use preview::{awaits_preview, set_preview};
pub use reaction::{has_reacted, react};
pub(super) use remove::{remove, remove_files};
pub use reportable::to_report;
pub(super) use reportable::{Reportable, reportable, reported_by_filter};
pub(super) use send::{Post, check_answer, post};
pub use send::{find_sent, send, send_with_files};
pub use system::System;
pub(super) use system::SystemMessage;
pub use target::room_of;

const TITLE_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 300;
const SITE_MAX: usize = 80;

/// The present state of a message. A deleted one has an empty text and no files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub room_id: RoomId,
    /// The room's rev at which the message was sent: its place in the history.
    pub seq: i64,
    /// The room's rev of its last change.
    pub rev: i64,
    pub kind: MessageKind,
    /// The sender; of a system message the user who acted.
    pub user: Option<User>,
    /// The text. A system message has none in the store; it is filled in for the reader's language.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// The recipient of a whisper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<User>,
    pub files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Reply>,
    pub reactions: Vec<Reaction>,
    /// The users that the text mentions; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// The preview of the page behind the first link, once it was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Whether it notifies nobody; left out where it may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// The sender's own id for the message; only the sender's sockets get it.
    #[serde(skip)]
    pub key: Option<String>,
    /// Whether some members may see only a part of it or nothing: the room hides what was sent before a member
    /// joined, and this is an old message that changed, or an answer. Only for live events; what is read from the
    /// store is cut to its reader already.
    #[serde(skip)]
    pub is_partial: bool,
}

impl Message {
    /// Returns a new message. Everything that is not a parameter is empty.
    pub fn new(
        id: MessageId,
        room_id: RoomId,
        kind: MessageKind,
        user: Option<User>,
        text: String,
        created_at: i64,
    ) -> Self {
        Self {
            id,
            room_id,
            seq: 0,
            rev: 0,
            kind,
            user,
            text,
            system: None,
            to: None,
            files: Vec::new(),
            reply_to: None,
            reactions: Vec::new(),
            mentions: Vec::new(),
            preview: None,
            pinned_at: None,
            edited_at: None,
            deleted_at: None,
            silent: false,
            created_at: rfc3339(created_at),
            key: None,
            is_partial: false,
        }
    }

    /// Removes the quote of a message from before `first_seq`. Only its seq is left.
    pub fn cut(&mut self, first_seq: i64) {
        if let Some(reply) = self.reply_to.as_mut().filter(|reply| reply.seq < first_seq) {
            reply.user = None;
            reply.excerpt.clear();
        }
    }
}

/// The answered message, as an answer quotes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// 0 where the answered message is gone for good.
    pub seq: i64,
    pub user: Option<User>,
    pub excerpt: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub emoji: String,
    pub count: u32,
    /// At most 50.
    pub user_ids: Vec<UserId>,
}

/// The preview of a link. The texts are the page's own and may be false. There is no picture, as its server
/// would learn who reads the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The link as it is in the text.
    pub url: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

impl Preview {
    /// Returns a preview of a page, cleaned and cut; `None` if its title is empty.
    pub fn new(url: String, title: &str, description: Option<&str>, site: Option<&str>) -> Option<Self> {
        Some(Self {
            url,
            title: text::clipped(title, TITLE_MAX)?,
            description: description.and_then(|given| text::clipped(given, DESCRIPTION_MAX)),
            site: site.and_then(|given| text::clipped(given, SITE_MAX)),
        })
    }
}

/// A message to send.
#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    /// The sender's own id; with it a send can be retried without a second message.
    pub key: Option<String>,
    pub text: String,
    /// The seq of the answered message.
    pub reply_to: Option<i64>,
    /// Uploads of the sender that are not on a message yet.
    pub file_ids: Vec<FileId>,
    /// The recipient of a whisper.
    pub to: Option<UserId>,
    /// Whether it notifies nobody: no push, no mail, no sound, and a mention in it is not counted.
    pub silent: bool,
    /// What was found in the text before.
    pub looked: Option<Looked>,
}

/// The result of a send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message in its present state. The first response gave its `seq` as the rev.
    pub message: Message,
    /// Whether `key` was used before, so that nothing was stored now.
    pub dup: bool,
}

/// The result of a deletion.
#[derive(Clone, Debug)]
pub struct Changed {
    pub message: Message,
    /// The hashes of stored bytes that are not needed any more.
    pub unneeded: Vec<String>,
}
