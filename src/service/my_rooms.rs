//! The rooms of a user, and what is unread in them.

use super::App;
use crate::chat::Tx;
use crate::chat::unread::{self, Cursor, MyRoom, Unread};
use crate::chat::user::{self, Privacy, User};
use crate::error::{Error, Result};
use crate::ids::{RoomId, UserId};

/// The number of rooms on a page, and the maximum that may be requested.
const PAGE: u32 = 200;

impl App {
    /// Returns one's rooms, the latest active first, and the cursor of the next page.
    ///
    /// # Errors
    /// `invalid` with the field `limit`.
    pub async fn my_rooms(
        &self,
        me: &User,
        after: Option<Cursor>,
        limit: Option<u32>,
    ) -> Result<(Vec<MyRoom>, Option<Cursor>)> {
        let limit = limit.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&limit) {
            return Err(Error::invalid("limit", format!("limit must be 1 to {PAGE}")));
        }
        let (user, my_id) = (me.clone(), me.id);
        let read =
            move |tx: &mut Tx| Ok((unread::my_rooms(tx, &user, after, limit as usize)?, user::privacy(tx, my_id)?));
        let ((mut rooms, next), privacy) = self.db.read(read).await?;
        self.add_presence_to_my_rooms(my_id, privacy, &mut rooms);
        Ok((rooms, next))
    }

    /// Adds to one's rooms what only the realtime state knows.
    pub(super) fn add_presence_to_my_rooms(&self, me: UserId, privacy: Privacy, rooms: &mut [MyRoom]) {
        for my_room in rooms {
            my_room.room.online_count = self.realtime.online_count(my_room.room.id) as u32;
            my_room.me.online = self.realtime.is_online(my_room.room.id, me);
            my_room.me.presence = self.realtime.connections.presence(me);
            if let Some(other) = my_room.other.as_ref().filter(|_| !privacy.hides_presence) {
                my_room.presence = self.realtime.connections.presence_in(my_room.room.id, other.id);
            }
        }
    }

    /// Returns what is unread for members of a room. Users who are no longer members are left out.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn unread(&self, room_id: RoomId, users: Vec<UserId>) -> Result<Vec<(UserId, Unread)>> {
        let read = move |tx: &mut Tx| {
            let mut found = Vec::with_capacity(users.len());
            for user_id in users {
                found.extend(unread::unread(tx, user_id, &[room_id])?.remove(&room_id).map(|unread| (user_id, unread)));
            }
            Ok(found)
        };
        self.db.read(read).await
    }
}
