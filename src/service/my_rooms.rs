//! The rooms of a user, and what is unread in them.

use super::App;
use crate::chat::Tx;
use crate::chat::unread::{self, MyRoom, Place, Unread};
use crate::error::{Code, Error, Result};
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
        me: UserId,
        after: Option<Place>,
        limit: Option<u32>,
    ) -> Result<(Vec<MyRoom>, Option<Place>)> {
        let limit = limit.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&limit) {
            return Err(Error::invalid("limit", format!("limit must be 1 to {PAGE}")));
        }
        let limits = self.config.limits.clone();
        let page = self.db.read(move |tx| unread::my_rooms(tx, &limits, me, after, limit as usize)).await;
        let (mut rooms, next) = page?;
        self.add_presence_to_my_rooms(me, &mut rooms);
        Ok((rooms, next))
    }

    /// Adds to one's rooms what only the realtime state knows.
    pub(super) fn add_presence_to_my_rooms(&self, me: UserId, rooms: &mut [MyRoom]) {
        for my_room in rooms {
            my_room.room.online_count = self.realtime.online_count(my_room.room.id) as u32;
            my_room.me.online = self.realtime.is_online(my_room.room.id, me);
            my_room.me.presence = self.realtime.connections.presence(me);
            if let Some(other) = &my_room.peer {
                my_room.presence = self.realtime.connections.presence(other.id);
            }
        }
    }

    /// Returns what is unread for members of a room. Users who are no longer members are left out.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn unread(&self, room_id: RoomId, users: Vec<UserId>) -> Result<Vec<(UserId, Unread)>> {
        let limits = self.config.limits.clone();
        let read = move |tx: &mut Tx| {
            let mut found = Vec::with_capacity(users.len());
            for user_id in users {
                match unread::waiting(tx, &limits, user_id, room_id) {
                    Ok(unread) => found.push((user_id, unread)),
                    Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        };
        self.db.read(read).await
    }
}
