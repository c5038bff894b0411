//! What clients send over sockets: the handshake and the payloads of their events.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::chat::member::Presence;
use crate::ids::{FileId, UserId};
use crate::wire::{MessageName, RoomName};

/// The handshake of `/chat`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    /// A session's token; the cookie's counts when there is none.
    #[serde(default)]
    pub token: Option<String>,
    /// The room to join with the connect: `joined` follows.
    #[serde(default)]
    pub room: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    /// The code of an invite, in place of a password.
    #[serde(default)]
    pub invite: Option<String>,
    #[serde(default)]
    pub since: Option<i64>,
    #[serde(default)]
    pub epoch: Option<String>,
    /// `html` adds to each message the markup of the server's own pages.
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
    pub room: RoomName,
    #[serde(default)]
    pub password: Option<String>,
    /// The code of an invite, in place of a password.
    #[serde(default)]
    pub invite: Option<String>,
    /// The rev up to which the client has the room.
    #[serde(default)]
    pub since: Option<i64>,
    /// The epoch of that rev.
    #[serde(default)]
    pub epoch: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoomOnly {
    pub room: RoomName,
}

/// Send a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Send {
    pub room: RoomName,
    /// The sender's own id, 1 to 64 bytes: with it a send may be repeated.
    pub key: String,
    #[serde(default)]
    pub text: String,
    /// The seq of the message to reply to.
    #[serde(default)]
    pub reply_to: Option<i64>,
    #[serde(default)]
    pub file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    #[serde(default)]
    pub to: Option<UserId>,
}

/// Edit one's own message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    pub id: MessageName,
    pub text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageOnly {
    pub id: MessageName,
}

/// Add a reaction to a message, or remove it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct React {
    pub id: MessageName,
    /// One emoji.
    pub emoji: String,
    pub on: bool,
}

/// Pin a message, or unpin it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pin {
    pub id: MessageName,
    pub on: bool,
}

/// Set one's read mark.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Read {
    pub room: RoomName,
    /// The seq of the last message that was read.
    pub seq: i64,
}

/// Remove someone from a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kick {
    pub room: RoomName,
    pub user_id: UserId,
    #[serde(default)]
    pub ban: bool,
    #[serde(default)]
    pub reason: Option<String>,
}

/// Make someone a moderator, or a member again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moderator {
    pub room: RoomName,
    pub user_id: UserId,
    pub on: bool,
}

/// Make someone else the owner of a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandOver {
    pub room: RoomName,
    pub user_id: UserId,
}

/// Set whether the user is at this screen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPresence {
    /// `online` or `away`.
    pub state: Presence,
}
