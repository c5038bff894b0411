//! What waits for people: their rooms, and what was said in them since they read.

use super::App;
use crate::chat::direct::{self, Peer};
use crate::chat::room::Room;
use crate::chat::unread::{self, MyRoom, Place, Unread};
use crate::chat::user;
use crate::chat::{Tx, member};
use crate::clock::now_ms;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};

/// Rooms of one's own on a page, and how many may be asked for.
const MY_ROOMS: u32 = 200;

impl App {
    /// One's rooms, the latest active first, and where to go on if there are more.
    ///
    /// # Errors
    /// `invalid` with the field `limit`.
    pub async fn my_rooms(
        &self,
        me: UserId,
        after: Option<Place>,
        limit: Option<u32>,
    ) -> Result<(Vec<MyRoom>, Option<Place>)> {
        let limit = limit.unwrap_or(MY_ROOMS);
        if !(1..=MY_ROOMS).contains(&limit) {
            return Err(crate::error::Error::invalid("limit", format!("limit must be 1 to {MY_ROOMS}")));
        }
        let limits = self.config.limits.clone();
        let rooms = self.db.read(move |tx| unread::my_rooms(tx, &limits, me, after, limit as usize)).await;
        let (mut rooms, next) = rooms?;
        for mine in &mut rooms {
            mine.room.online_count = self.realtime.online_count(mine.room.id) as u32;
            mine.me.online = self.realtime.is_online(mine.room.id, me);
            mine.me.presence = self.realtime.connections.presence(me);
            if let Some(peer) = &mine.peer {
                mine.presence = self.realtime.connections.presence(peer.id);
            }
        }
        Ok((rooms, next))
    }

    /// What waits for members of a room. Who is none any more is left out.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn waiting(&self, room_id: RoomId, users: Vec<UserId>) -> Result<Vec<(UserId, Unread)>> {
        let limits = self.config.limits.clone();
        let read = move |tx: &mut Tx| {
            let mut found = Vec::with_capacity(users.len());
            for user_id in users {
                match unread::waiting(tx, &limits, user_id, room_id) {
                    Ok(waiting) => found.push((user_id, waiting)),
                    Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        };
        self.db.read(read).await
    }

    /// The direct room with somebody, and whether it was made now.
    ///
    /// # Errors
    /// `rate_limited`; `not_found` for nobody; `forbidden` for who blocks me.
    pub async fn open_direct(&self, me: UserId, other: UserId) -> Result<(Room, bool)> {
        self.rates.room(me)?;
        let (room, made) = self.db.write(me, move |tx| direct::open(tx, now_ms(), me, other)).await?;
        Ok((self.with_counts(room), made))
    }

    /// The other person of a direct room.
    ///
    /// # Errors
    /// `room_not_found` for a room that is none of mine.
    pub async fn peer(&self, me: UserId, room_id: RoomId) -> Result<Peer> {
        let mut peer = self.db.read(move |tx| direct::look(tx, me, room_id)).await?;
        if let Some(user) = &peer.user {
            peer.presence = self.realtime.connections.presence(user.id);
        }
        Ok(peer)
    }

    /// Learns what is to be known of somebody who has connected.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn acquaint(&self, me: UserId) -> Result<()> {
        let read = move |tx: &mut Tx| Ok((member::rooms_of(tx, me)?, user::hides_presence(tx, me)?));
        let (rooms, hides) = self.db.read(read).await?;
        self.realtime.connections.acquaint(me, rooms, hides);
        Ok(())
    }
}
