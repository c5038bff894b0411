//! What the server sends: the answers to events, and its own events.

use std::sync::Arc;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::chat::member::{Member, OwnMute, Presence};
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::i18n::{Lang, system_line};
use crate::ids::{MessageId, RoomId, UserId};

/// The state of a room for a member who joins. Its events follow from `rev` on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    #[serde(flatten)]
    pub own: Own,
    /// At most 200 members, online members first.
    #[schemars(with = "Vec<Member>")]
    pub members: Encoded,
    /// With `since` everything that changed since, else the newest page.
    #[schemars(with = "Vec<WireMessage>")]
    pub messages: Encoded,
}

/// The part of the answer that differs between readers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Own {
    pub room: Room,
    pub me: Member,
    /// Until when `me` may not write, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mute: Option<OwnMute>,
    pub rev: i64,
    /// Drop what you have: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

impl Joined {
    /// Returns the same JSON in pieces. When a whole room reconnects, most bytes of all answers are shared.
    ///
    /// # Errors
    /// None in practice: every wire type serializes.
    pub fn in_pieces(self) -> serde_json::Result<[Bytes; 5]> {
        let mut own = serde_json::to_vec(&self.own)?;
        own.pop();
        own.extend_from_slice(b",\"members\":");
        let (messages, end) = (Bytes::from_static(b",\"messages\":"), Bytes::from_static(b"}"));
        Ok([own.into(), self.members.into(), messages, self.messages.into(), end])
    }
}

/// JSON that was encoded once, for many readers.
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
    /// The key was used before; this is the first answer again.
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

/// A user came into a room or left it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Passage")]
pub struct PresenceChange<'a> {
    pub room: RoomId,
    pub user: &'a User,
    /// The number of users online afterwards.
    pub count: usize,
    /// Whether the user keeps to themselves how far they read. Left out if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hides_reads: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub room: RoomId,
    pub user: &'a User,
}

/// The presence of a user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceOf {
    pub user_id: UserId,
    pub state: Presence,
    /// When the user went offline, unless they hide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

/// The unread messages of a room.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    pub room: RoomId,
    /// Messages of others since the read mark, at most 100.
    pub unread: u32,
    /// How many of them mention the user or everyone.
    pub mentions: u32,
    /// The newest message of the room.
    pub last: Option<WireMessage>,
    /// Whether a stranger has opened this direct room, and the user has not accepted it. Clients do not count it.
    pub request: bool,
}

/// How many reports are open.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reports {
    /// Null for all of the server, which admins decide.
    pub room: Option<RoomId>,
    pub open: u64,
}

/// A room of which the user is a member now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AddedRoom {
    #[serde(flatten)]
    pub room: Room,
    /// Whether a stranger has opened this direct room, so that it waits apart.
    pub request: bool,
}

/// A user has read up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBy {
    pub room: RoomId,
    pub user_id: UserId,
    pub seq: i64,
}

/// The read marks of many users.
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
pub struct Muted<'a> {
    pub room: RoomId,
    /// Null once the user may write again. A mute that ends by itself sends no event.
    pub mute: Option<&'a OwnMute>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draining {
    pub reconnect_in_ms: u64,
}

/// A message in the variant for one kind of reader.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireMessage {
    #[serde(flatten)]
    message: Message,
    /// The sender's own id of the send. Only the sender's sockets get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The HTML of Madang's own pages, if requested in the handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl WireMessage {
    /// Returns the message for a reader: system messages in their language, and the key only if `reader` is
    /// the sender.
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
