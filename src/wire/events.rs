//! What the server sends: acknowledgements, and events of its own.

use std::sync::Arc;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::chat::member::{Member, Presence};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::i18n::{Lang, system_line};
use crate::ids::{MessageId, RoomId, UserId};

/// The room as a member finds it on joining; its events follow from `rev` on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    #[serde(flatten)]
    pub own: Own,
    /// At most 200, those online first.
    #[schemars(with = "Vec<Member>")]
    pub members: Encoded,
    /// With `since` all that changed since, else the newest page.
    #[schemars(with = "Vec<WireMessage>")]
    pub messages: Encoded,
}

/// The part of `joined` that differs between members.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Own {
    pub room: Room,
    pub me: Member,
    pub rev: i64,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

impl Joined {
    /// Returns the same JSON in pieces, so that many members who join at once share the pieces that
    /// are equal.
    ///
    /// # Errors
    /// None in practice: every type of the wire serializes.
    pub fn in_pieces(self) -> serde_json::Result<[Bytes; 5]> {
        let mut own = serde_json::to_vec(&self.own)?;
        own.pop();
        own.extend_from_slice(b",\"members\":");
        let (messages, end) = (Bytes::from_static(b",\"messages\":"), Bytes::from_static(b"}"));
        Ok([own.into(), self.members.into(), messages, self.messages.into(), end])
    }
}

/// JSON that is encoded once and sent to many.
#[derive(Clone, Debug)]
pub struct Encoded(pub Arc<RawValue>);

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

impl From<Encoded> for Bytes {
    fn from(encoded: Encoded) -> Self {
        Self::from_owner(encoded)
    }
}

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A message was stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub id: MessageId,
    pub seq: i64,
    pub rev: i64,
    pub created_at: String,
    /// Whether the key was seen before: this is the first answer again.
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

/// Someone came into a room or left it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Passage<'a> {
    pub room: RoomId,
    pub user: &'a User,
    /// Connections online after it.
    pub count: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub room: RoomId,
    pub user: &'a User,
}

/// Whether someone is online.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceOf {
    pub user_id: UserId,
    pub state: Presence,
    /// When they were last online, unless they hide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

/// Unread messages in a room.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    pub room: RoomId,
    /// Messages of others since the user's read mark, at most 100.
    pub unread: u32,
    /// Those of them that mention the user, or everyone.
    pub mentions: u32,
    /// The newest message of the room.
    pub last: Option<WireMessage>,
}

/// Someone has read up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBy {
    pub room: RoomId,
    pub user_id: UserId,
    pub seq: i64,
}

/// Read marks of many members.
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

/// A message as a reader gets it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireMessage {
    #[serde(flatten)]
    message: Message,
    /// The sender's own id for it; only for the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The markup of the server's own pages, with the view `html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl WireMessage {
    /// Creates the message for a reader: system messages in their language, the key only for the
    /// sender.
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
