//! Messages: sent once, numbered, read back in order.

use schemars::JsonSchema;
use serde::Serialize;

use super::file::File;
use super::user::User;
use crate::ids::{MessageId, RoomId, UserId};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// The sender's own id for the message; the doors add it for the sender's own sockets alone.
    #[serde(skip)]
    pub key: Option<String>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
}

/// The message that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub seq: i64,
    pub user: Option<User>,
    pub excerpt: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub emoji: String,
    pub count: u32,
    /// At most 50.
    pub user_ids: Vec<UserId>,
}
