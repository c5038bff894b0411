//! The users and rooms of a run, created before the first fault.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Result;
use crate::connection::post;
use crate::history::{RoomIndex, UserIndex};
use crate::receiver::Receiver;

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
/// The rooms whose messages a webhook receives.
pub(crate) const HOOKED_ROOMS: [RoomIndex; 2] = [KICK_ROOM, STOCK_CLIENT_ROOM];
/// The keys of the browser in the example of RFC 8291. Nobody decrypts what is pushed here.
const PUBLIC_KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const SMALL_ROOM_CAPACITY: u32 = 4;
/// The approximate number of users in each of the other rooms.
const USERS_PER_ROOM: usize = 12;

impl Fixtures {
    /// Creates the rooms, `senders` users who send, and the two others, and what is posted to a receiver.
    pub(crate) async fn create(address: SocketAddr, senders: usize, receiver: &Receiver) -> Result<Self> {
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
        fixtures.subscribe(address, receiver).await?;
        Ok(fixtures)
    }

    /// Creates the webhooks, and the browser of a member of the first rooms that is pushed to.
    async fn subscribe(&self, address: SocketAddr, receiver: &Receiver) -> Result<()> {
        let url = |path: String| format!("http://{}{path}", receiver.address);
        for room in HOOKED_ROOMS {
            let path = format!("/api/rooms/{}/outgoing-hooks", self.rooms[usize::from(room)].id);
            let hook = json!({ "url": url(format!("/hook/{room}")), "events": ["message", "edit", "delete"] });
            post(address, &path, Some(&self.users[0].token), &hook).await?;
        }
        let keys = json!({ "p256dh": PUBLIC_KEY, "auth": AUTH });
        let browser = json!({ "endpoint": url("/push".into()), "expirationTime": null, "keys": keys });
        post(address, "/api/me/push-subscriptions", Some(&self.users[0].token), &browser).await?;
        Ok(())
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
