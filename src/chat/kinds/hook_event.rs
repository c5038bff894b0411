//! The events of outgoing webhooks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an outgoing webhook is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HookEvent {
    /// A message was sent, or one that was hidden is shown.
    Message,
    Edit,
    /// A message was deleted or hidden, or is not kept any longer.
    Delete,
    Reaction,
    Join,
    /// A member left or was removed.
    Exit,
    /// The title, size, password, owner or moderators of a room changed.
    Room,
    /// A message or a user was reported.
    Report,
    /// For webhooks of the server.
    RoomCreated,
    /// For webhooks of the server.
    RoomRemoved,
}

impl HookEvent {
    pub const ALL: [Self; 10] = [
        Self::Message,
        Self::Edit,
        Self::Delete,
        Self::Reaction,
        Self::Join,
        Self::Exit,
        Self::Room,
        Self::Report,
        Self::RoomCreated,
        Self::RoomRemoved,
    ];

    /// Those of webhooks of a room.
    pub const OF_ROOMS: [Self; 8] =
        [Self::Message, Self::Edit, Self::Delete, Self::Reaction, Self::Join, Self::Exit, Self::Room, Self::Report];
}
