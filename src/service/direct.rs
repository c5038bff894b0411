//! Direct rooms: conversations of two users.

use super::App;
use crate::chat::direct::{self, OtherUser};
use crate::chat::room::Room;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Returns the direct room with a user, and whether it was created now.
    ///
    /// # Errors
    /// `rate_limited`; `not_found` for an unknown user; `forbidden` for one who blocks the caller.
    pub async fn open_direct(&self, me: UserId, other: UserId) -> Result<(Room, bool)> {
        self.rates.room(me)?;
        let (room, is_new) = self.write(me, move |tx, _, now| direct::open(tx, now, me, other)).await?;
        Ok((self.with_counts(room), is_new))
    }

    /// Returns the other user of a direct room.
    ///
    /// # Errors
    /// `room_not_found` for a room that the caller is not in.
    pub async fn other_in_direct(&self, me: UserId, room_id: RoomId) -> Result<OtherUser> {
        let mut other = self.db.read(move |tx| direct::other_user(tx, me, room_id)).await?;
        if let Some(user) = &other.user {
            other.presence = self.realtime.connections.presence(user.id);
        }
        Ok(other)
    }
}
