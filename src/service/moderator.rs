//! Moderators: appointed and dismissed by the owner.

use super::App;
use crate::chat::member;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Makes a member a moderator, or a moderator a member again. Returns the rev of the system message.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`, `not_found`; `invalid` with the
    /// field.
    pub async fn set_moderator(&self, me: UserId, room_id: RoomId, user_id: UserId, on: bool) -> Result<i64> {
        self.act_in_room(me, room_id, move |tx, _, now| member::set_moderator(tx, now, me, room_id, user_id, on)).await
    }
}
