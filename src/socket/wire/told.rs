//! What the server says: the answers to events, and events of its own.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chat::member::{Member, Presence};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::ids::{MessageId, RoomId, UserId};
use crate::words::{Lang, system_line};

/// What a member is told on coming in; the room's events follow from `rev` on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    pub room: Room,
    pub me: Member,
    /// At most 200, those online first.
    pub members: Vec<Member>,
    pub rev: i64,
    /// With `since` all that changed since, else the newest page.
    pub messages: Vec<WireMessage>,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

/// A message was stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub id: MessageId,
    pub seq: i64,
    pub rev: i64,
    pub created_at: String,
    /// The key was seen before: this is the first answer again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dup: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    pub members: Vec<Member>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rev {
    pub rev: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Nothing {}

/// Somebody came into a room or left it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Passage<'a> {
    pub room: RoomId,
    pub user: &'a User,
    /// People online after it.
    pub count: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub room: RoomId,
    pub user: &'a User,
}

/// Whether somebody is there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceOf {
    pub user_id: UserId,
    pub state: Presence,
    /// When they went, unless they hide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

/// What waits for one in a room.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    pub room: RoomId,
    /// Messages of others since one's read mark, at most 100.
    pub unread: u32,
    /// Those of them that name one, or everybody.
    pub mentions: u32,
    /// The newest message of the room.
    pub last: Option<WireMessage>,
}

/// Somebody has read up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBy {
    pub room: RoomId,
    pub user_id: UserId,
    pub seq: i64,
}

/// Many have read.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadByMany<'a> {
    pub room: RoomId,
    pub marks: &'a std::collections::HashMap<UserId, i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Kicked<'a> {
    pub room: RoomId,
    pub reason: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draining {
    pub reconnect_in_ms: u64,
}

/// A message as one kind of reader gets it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireMessage {
    #[serde(flatten)]
    message: Message,
    /// The sender's own id for it; to the sender's sockets alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The markup of our own pages, for who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl WireMessage {
    /// The message for a reader: system lines are told in their language, the key only to `reader`
    /// if it is the sender.
    pub fn new(mut message: Message, lang: Lang, reader: Option<UserId>) -> Self {
        if message.kind == MessageKind::System {
            message.text = system_line(&message, lang);
        }
        let is_own = reader.is_some() && message.user.as_ref().map(|user| user.id) == reader;
        let key = message.key.take().filter(|_| is_own);
        Self { message, key, html: None }
    }

    pub fn with_html(self, html: String) -> Self {
        Self { html: Some(html), ..self }
    }
}
