//! Rooms: made, found, changed, handed over, removed.

use schemars::JsonSchema;
use serde::Serialize;

use super::user::User;
use crate::ids::RoomId;

/// A room as anyone may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    pub id: RoomId,
    pub kind: RoomKind,
    pub title: String,
    pub max: u32,
    /// Whether there is a password; neither it nor its hash ever leaves the server.
    pub locked: bool,
    pub ephemeral: bool,
    pub owner: Option<User>,
    pub member_count: u32,
    /// How many people are connected now. The store does not know; the doors fill it in from
    /// what is live.
    pub online_count: u32,
    pub rev: i64,
    pub epoch: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoomKind {
    Open,
    Direct,
}
