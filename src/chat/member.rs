//! Membership: who is in a room, in which role, and how it begins and ends.

use schemars::JsonSchema;
use serde::Serialize;

use super::user::User;

/// A person in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: User,
    pub role: Role,
    /// Whether the person is connected to the room now; filled in by the doors.
    pub online: bool,
    pub read_seq: i64,
    /// RFC 3339 UTC with milliseconds.
    pub joined_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Member,
    Moderator,
    Owner,
}
