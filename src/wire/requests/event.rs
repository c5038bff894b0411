//! What clients send over sockets: the handshake and the payloads of their events.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::chat::member::Presence;
use crate::ids::{FileId, UserId};
use crate::wire::{MessageRef, RoomRef};

/// The handshake of `/chat`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    /// A session token. Without it, the session cookie is used.
    #[serde(default)]
    pub token: Option<String>,
    /// The room to join on connect; `joined` follows.
    #[serde(default)]
    pub room: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    /// An invite code, instead of a password.
    #[serde(default)]
    pub invite: Option<String>,
    #[serde(default)]
    pub since: Option<i64>,
    #[serde(default)]
    pub epoch: Option<String>,
    /// Joins as a member only: a user who has left or was removed meanwhile is refused with `not_a_member`.
    #[serde(default)]
    pub resume: bool,
    /// `html` adds the HTML of Madang's own pages to each message.
    #[serde(default)]
    pub view: Option<View>,
    /// `ko` or `en`, for the text of system messages.
    #[serde(default)]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum View {
    Html,
}

/// Join a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Join {
    pub room: RoomRef,
    #[serde(default)]
    pub password: Option<String>,
    /// An invite code, instead of a password.
    #[serde(default)]
    pub invite: Option<String>,
    /// The rev up to which the client has the room.
    #[serde(default)]
    pub since: Option<i64>,
    /// The epoch of that rev.
    #[serde(default)]
    pub epoch: Option<String>,
    /// Joins as a member only: a user who has left or was removed meanwhile is refused with `not_a_member`.
    #[serde(default)]
    pub resume: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoomOnly {
    pub room: RoomRef,
}

/// Send a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Send {
    pub room: RoomRef,
    /// The sender's own id of the send, 1 to 64 bytes. It makes the send repeatable.
    pub key: String,
    #[serde(default)]
    pub text: String,
    /// The seq of the message replied to.
    #[serde(default)]
    pub reply_to: Option<i64>,
    #[serde(default)]
    pub file_ids: Vec<FileId>,
    /// The recipient of a whisper.
    #[serde(default)]
    pub to: Option<UserId>,
    /// Whether it notifies nobody: no push, no mail, no sound, and a mention in it is not counted.
    #[serde(default)]
    pub silent: bool,
}

/// Edit the text of one's own message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    pub id: MessageRef,
    pub text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageOnly {
    pub id: MessageRef,
}

/// Add or remove a reaction to a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct React {
    pub id: MessageRef,
    /// One emoji.
    pub emoji: String,
    pub on: bool,
}

/// Pin or unpin a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pin {
    pub id: MessageRef,
    pub on: bool,
}

/// Set the read mark.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Read {
    pub room: RoomRef,
    /// The seq of the last message read.
    pub seq: i64,
}

/// Remove a member.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kick {
    pub room: RoomRef,
    pub user_id: UserId,
    #[serde(default)]
    pub ban: bool,
    /// With a ban: after how many hours it ends by itself.
    #[serde(default)]
    pub hours: Option<u32>,
    #[serde(default)]
    pub reason: Option<String>,
    /// With a ban: whether all invites of the room are revoked, so that a banned guest cannot return with one.
    #[serde(default)]
    pub revoke_invites: bool,
}

/// Make a member a moderator, or a member again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moderator {
    pub room: RoomRef,
    pub user_id: UserId,
    pub on: bool,
}

/// Make someone else the owner of a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandOver {
    pub room: RoomRef,
    pub user_id: UserId,
}

/// Say whether the user looks at this screen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPresence {
    /// `online` or `away`.
    pub state: Presence,
}
