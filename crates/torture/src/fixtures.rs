//! The users and rooms of a run, created before the first fault.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Result;
use crate::connection::post;
use crate::history::{RoomIndex, UserIndex};

pub(crate) struct Guest {
    pub(crate) id: String,
    pub(crate) token: String,
}

pub(crate) struct FixtureRoom {
    pub(crate) id: String,
    /// The members. In the small room: the users who try to join.
    pub(crate) users: Vec<UserIndex>,
}

/// The first user owns every room. The last two are the stock client and a stranger, who is in no
/// room.
pub(crate) struct Fixtures {
    pub(crate) users: Vec<Guest>,
    pub(crate) rooms: Vec<FixtureRoom>,
}

/// The room that has less capacity than users who want to join.
pub(crate) const SMALL_ROOM: RoomIndex = 0;
/// The room from which members are kicked.
pub(crate) const KICK_ROOM: RoomIndex = 1;
/// The room of the stock client.
pub(crate) const STOCK_CLIENT_ROOM: RoomIndex = 2;
const SMALL_ROOM_CAPACITY: u32 = 4;
/// The approximate number of users in each of the other rooms.
const USERS_PER_ROOM: usize = 12;

impl Fixtures {
    /// Creates the rooms, `senders` users who send, and the two others.
    pub(crate) async fn create(address: SocketAddr, senders: usize) -> Result<Self> {
        let mut users = Vec::new();
        for number in 0..senders + 2 {
            let made = post(address, "/api/guests", None, &json!({ "name": format!("guest {number}") })).await?;
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("a guest without an id or token");
            users.push(Guest { id: text(&made["user"]["id"])?, token: text(&made["token"])? });
        }
        let mut fixtures = Self { users, rooms: Vec::new() };
        let others: Vec<UserIndex> = (1..senders as UserIndex).collect();
        fixtures.create_room(address, SMALL_ROOM_CAPACITY, others.clone()).await?;
        let count = senders.div_ceil(USERS_PER_ROOM).max(2);
        for room in 0..count {
            // Each user is in two rooms, or in one if there are only two.
            let is_in = |user: &UserIndex| usize::from(*user) % count == room || usize::from(*user / 2) % count == room;
            fixtures.create_room(address, 1_000, others.iter().copied().filter(is_in).collect()).await?;
        }
        Ok(fixtures)
    }

    async fn create_room(&mut self, address: SocketAddr, max: u32, users: Vec<UserIndex>) -> Result<()> {
        let body = json!({ "title": format!("room {}", self.rooms.len()), "max": max });
        let made = post(address, "/api/rooms", Some(&self.users[0].token), &body).await?;
        let id = made["id"].as_str().ok_or("a room without an id")?.to_owned();
        let users = std::iter::once(0).chain(users).collect();
        self.rooms.push(FixtureRoom { id, users });
        Ok(())
    }

    pub(crate) fn stock_client(&self) -> UserIndex {
        (self.users.len() - 2) as UserIndex
    }

    pub(crate) fn stranger(&self) -> UserIndex {
        (self.users.len() - 1) as UserIndex
    }

    /// Returns the index of the user with this id.
    pub(crate) fn user(&self, id: &str) -> Option<UserIndex> {
        self.users.iter().position(|user| user.id == id).map(|index| index as UserIndex)
    }

    /// Returns the index of the room with this id.
    pub(crate) fn room(&self, id: &str) -> Option<RoomIndex> {
        self.rooms.iter().position(|room| room.id == id).map(|index| index as RoomIndex)
    }
}
