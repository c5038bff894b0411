//! Who and where: the people of a run and its rooms, made before anything hurts.

use serde_json::json;

use crate::Outcome;
use crate::history::{Room, Who};
use crate::rest::Rest;

pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
}

pub(crate) struct Place {
    pub(crate) id: String,
    /// Who is to be in it for good. In the room of few seats: who tries for one.
    pub(crate) people: Vec<Who>,
}

/// The first person owns every room. Behind those who talk come the stock client and a stranger, who
/// is in no room.
pub(crate) struct Cast {
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<Place>,
}

/// The room with fewer seats than there are people who want one.
pub(crate) const SEATS: Room = 0;
/// The room out of which people are shown.
pub(crate) const KICKS: Room = 1;
/// The room that the stock client is in.
pub(crate) const STOCK: Room = 2;
/// Seats in the room of few.
const FEW: u32 = 4;
/// People in a room of talk, about.
const COMPANY: usize = 12;

impl Cast {
    /// Makes the people and the rooms: `senders` who talk, and the two others.
    pub(crate) async fn make(rest: &Rest, senders: usize) -> Outcome<Self> {
        let mut people = Vec::new();
        for number in 0..senders + 2 {
            let made = rest.post("/api/guests", None, &json!({ "name": format!("guest {number}") })).await?;
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned).ok_or("a guest without a name");
            people.push(Person { id: text(&made["user"]["id"])?, token: text(&made["token"])? });
        }
        let mut cast = Self { people, rooms: Vec::new() };
        let everybody: Vec<Who> = (1..senders as Who).collect();
        cast.room(rest, FEW, everybody.clone()).await?;
        let talks = senders.div_ceil(COMPANY).max(2);
        for talk in 0..talks {
            // Everybody is in two rooms, or in one where there are but two.
            let is_in = |who: &Who| usize::from(*who) % talks == talk || usize::from(*who / 2) % talks == talk;
            cast.room(rest, 1_000, everybody.iter().copied().filter(is_in).collect()).await?;
        }
        Ok(cast)
    }

    async fn room(&mut self, rest: &Rest, max: u32, people: Vec<Who>) -> Outcome<()> {
        let asked = json!({ "title": format!("room {}", self.rooms.len()), "max": max });
        let made = rest.post("/api/rooms", Some(&self.people[0].token), &asked).await?;
        let id = made["id"].as_str().ok_or("a room without an id")?.to_owned();
        let people = std::iter::once(0).chain(people).collect();
        self.rooms.push(Place { id, people });
        Ok(())
    }

    pub(crate) fn stock(&self) -> Who {
        (self.people.len() - 2) as Who
    }

    pub(crate) fn stranger(&self) -> Who {
        (self.people.len() - 1) as Who
    }

    pub(crate) fn who(&self, id: &str) -> Option<Who> {
        self.people.iter().position(|person| person.id == id).map(|place| place as Who)
    }

    pub(crate) fn room_of(&self, id: &str) -> Option<Room> {
        self.rooms.iter().position(|room| room.id == id).map(|place| place as Room)
    }
}
