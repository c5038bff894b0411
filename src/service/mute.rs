//! Muted members of a room.

use super::App;
use crate::chat::member::{self, Mute, NewMute};
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Mutes a member for some time.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long`, `not_found` with the field; `room_not_found`, `gone`, `not_a_member`;
    /// `forbidden` unless the role is higher.
    pub async fn mute(&self, me: UserId, room_id: RoomId, new: NewMute) -> Result<()> {
        self.act_in_room(me, room_id, move |tx, limits, now| member::mute(tx, limits, now, me, room_id, new.clone()))
            .await
    }

    /// Lets a muted user write again.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found` with the field `userId`.
    pub async fn unmute(&self, me: UserId, room_id: RoomId, user_id: UserId) -> Result<()> {
        self.act_in_room(me, room_id, move |tx, _, now| member::unmute(tx, now, me, room_id, user_id)).await
    }

    /// Returns the muted users of a room.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn mutes(&self, me: UserId, room_id: RoomId) -> Result<Vec<Mute>> {
        self.db.read(move |tx| member::mutes(tx, now_ms(), me, room_id)).await
    }
}
