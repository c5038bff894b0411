//! Direct rooms: conversations of two users.

use super::App;
use crate::chat::room::Room;
use crate::chat::{Limits, Tx, direct, member};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Returns the direct room with a user, and whether it was created now.
    ///
    /// # Errors
    /// `rate_limited`; `not_found` for an unknown user; where there is no room yet, `forbidden` for a user who has blocked
    /// the caller or takes no messages from them, and where the settings of the server say so, and `unavailable` on a full
    /// disk.
    pub async fn open_direct(&self, me: UserId, other: UserId) -> Result<(Room, bool)> {
        self.rates.room(me)?;
        let is_new = self.db.read(move |tx| direct::find(tx, me, other)).await?.is_none();
        if is_new {
            self.budgets.room(&self.disk_space, me)?;
        }
        let open = move |tx: &mut Tx, limits: &Limits, now| {
            direct::check_allowed(tx, limits, me, other)?;
            direct::open(tx, now, me, other)
        };
        let opened = self.write(me, open).await;
        if is_new && opened.is_err() {
            self.budgets.take_back_room(me);
        }
        let (room, is_new) = opened?;
        Ok((self.with_counts(room), is_new))
    }

    /// Accepts the request of a stranger who has opened a direct room; where there is none, it changes nothing.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found` for any room that is not a direct room of `me`.
    pub async fn accept_direct(&self, me: UserId, room_id: RoomId) -> Result<()> {
        let accept = move |tx: &mut Tx, _: &Limits, _| {
            direct::other(tx, me, room_id)?;
            if member::membership(tx, me, room_id)?.is_request { direct::accept(tx, me, room_id) } else { Ok(()) }
        };
        self.act_in_room(me, room_id, accept).await
    }
}
