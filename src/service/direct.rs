//! Direct rooms: conversations of two users.

use super::App;
use crate::chat::direct;
use crate::chat::room::Room;
use crate::error::Result;
use crate::ids::UserId;

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
}
