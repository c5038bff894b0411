//! What admins do with rooms.

use crate::chat::admin::{self, Rooms};
use crate::chat::room::Room;
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use crate::service::App;

impl App {
    /// Returns a page of open rooms, the newest first, whose title contains `q`.
    ///
    /// # Errors
    /// `forbidden` unless an admin; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn all_rooms(&self, me: UserId, q: String, after: Option<RoomId>, limit: Option<u32>) -> Result<Rooms> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        let page = self.db.read(move |tx| admin::rooms(tx, &limits, Some(me), &q, after, limit));
        let mut page = page.await?;
        for found in &mut page.rooms {
            found.room.online_count = self.realtime.online_count(found.room.id) as u32;
        }
        Ok(page)
    }

    /// Closes a room, or opens it again.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `room_not_found`, `gone`.
    pub async fn close_room(&self, me: UserId, id: RoomId, is_closed: bool) -> Result<Room> {
        let room = self.act_in_room(me, id, move |tx, _, now| admin::close(tx, now, Some(me), id, is_closed)).await?;
        Ok(self.with_counts(room))
    }

    /// Makes a member the owner.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `room_not_found`, `gone`; `not_found` when they are not a member.
    pub async fn give_room(&self, me: UserId, id: RoomId, to: UserId) -> Result<Room> {
        let room = self.act_in_room(me, id, move |tx, _, now| admin::hand_over(tx, now, Some(me), id, to)).await?;
        Ok(self.with_counts(room))
    }
}
