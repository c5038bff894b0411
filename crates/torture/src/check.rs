//! The invariants of docs/delivery.md, as functions of what was seen and of what is stored. Pure, so
//! that a shorter history can be asked the same.

mod heard;
mod held;
mod numbers;
mod sends;
#[cfg(test)]
mod tests;
mod world;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

pub(crate) use world::STORE_HEALED;

use crate::history::{Act, Event, Outcome, Room, State, What, Who, asked};
use crate::reader::Held;
use crate::store::Store;

/// An invariant that does not hold, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// `I1` to `I17`.
    pub(crate) invariant: &'static str,
    pub(crate) about: About,
    pub(crate) told: String,
}

/// What a violation is about, so that it is known again in a shorter history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) room: Option<Room>,
    pub(crate) seq: Option<i64>,
    pub(crate) rev: Option<i64>,
    pub(crate) who: Option<Who>,
    pub(crate) conn: Option<u32>,
    pub(crate) key: Option<String>,
}

impl About {
    fn room(room: Room) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    fn key(who: Who, key: &str) -> Self {
        Self { who: Some(who), key: Some(key.to_owned()), ..Self::default() }
    }

    fn seq(self, seq: i64) -> Self {
        Self { seq: Some(seq), ..self }
    }

    fn rev(self, rev: i64) -> Self {
        Self { rev: Some(rev), ..self }
    }

    fn who(self, who: Who) -> Self {
        Self { who: Some(who), ..self }
    }

    fn on(self, event: &Event) -> Self {
        Self { who: Some(event.who), conn: Some(event.conn), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken", self.invariant)?;
        let about = &self.about;
        let numbers = [("room", about.room.map(i64::from)), ("seq", about.seq), ("rev", about.rev)];
        let numbers = numbers
            .into_iter()
            .chain([("person", about.who.map(i64::from)), ("connection", about.conn.map(i64::from))]);
        for (name, number) in numbers.filter_map(|(name, number)| Some((name, number?))) {
            write!(f, ", {name} {number}")?;
        }
        if let Some(key) = &about.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}", self.told)
    }
}

/// Everything the checker looks at.
pub(crate) struct Seen<'a> {
    pub(crate) store: &'a Store,
    /// What each person holds in the end, by their place.
    pub(crate) held: &'a [HashMap<Room, Held>],
    /// The file that goes with each key is a function of the key.
    pub(crate) log: &'a str,
}

/// The history with what is needed of it again and again.
struct Facts<'a> {
    seen: &'a Seen<'a>,
    events: &'a [Event],
    asked: HashMap<u32, (usize, &'a Act)>,
    /// Every state of a message that anybody was told or that is stored: room, rev → seq.
    known: HashMap<Room, BTreeMap<i64, Known>>,
    /// When people were in a room, as the room's own lines tell it: from which rev to which.
    stays: HashMap<(Room, Who), Vec<(i64, i64)>>,
}

/// What a rev changed, and who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    seq: i64,
    sender: Option<Who>,
    to: Option<Who>,
}

impl Known {
    fn is_visible(&self, who: Who) -> bool {
        self.to.is_none() || self.to == Some(who) || self.sender == Some(who)
    }
}

/// All invariants that do not hold.
pub(crate) fn check(events: &[Event], seen: &Seen<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let facts = Facts::new(events, seen, &mut found);
    sends::check(&facts, &mut found);
    numbers::check(&facts, &mut found);
    heard::check(&facts, &mut found);
    held::check(&facts, &mut found);
    world::check(&facts, &mut found);
    found
}

impl<'a> Facts<'a> {
    fn new(events: &'a [Event], seen: &'a Seen<'a>, found: &mut Vec<Violation>) -> Self {
        let mut facts = Self { seen, events, asked: asked(events), known: HashMap::new(), stays: HashMap::new() };
        for (room, kept) in &seen.store.rooms {
            for row in kept.messages.values() {
                facts.know(*room, &row.state, found);
            }
            for (who, stay) in stays(kept) {
                facts.stays.entry((*room, who)).or_default().push(stay);
            }
        }
        for event in events {
            match &event.what {
                What::Heard(room, state) => facts.know(*room, state, found),
                What::Answered { op, outcome: Outcome::Joined { states, .. } | Outcome::Page(states) } => {
                    let Some(room) = facts.asked.get(op).map(|(_, act)| act.room()) else { continue };
                    states.iter().for_each(|state| facts.know(room, state, found));
                }
                _ => {}
            }
        }
        facts
    }

    /// Notes a state. Each rev belongs to one change.
    fn know(&mut self, room: Room, state: &State, found: &mut Vec<Violation>) {
        let known = Known { seq: state.seq, sender: state.sender, to: state.to };
        if let Some(other) = self.known.entry(room).or_default().insert(state.rev, known)
            && other.seq != known.seq
        {
            found.push(Violation {
                invariant: "I4",
                about: About::room(room).rev(state.rev),
                told: format!("it is the change of the messages {} and {}", other.seq, known.seq),
            });
        }
    }

    /// The answers with what was asked and when that was; those that have both.
    fn answers(&self) -> impl Iterator<Item = (usize, &'a Event, &'a Act, &'a Outcome)> {
        self.events.iter().filter_map(|event| match &event.what {
            What::Answered { op, outcome } => {
                let (asked, act) = self.asked.get(op)?;
                Some((*asked, event, *act, outcome))
            }
            _ => None,
        })
    }
}

/// Stays in a room: from the line of the coming to the line of the going.
fn stays(kept: &crate::store::Kept) -> Vec<(Who, (i64, i64))> {
    let mut open: HashMap<Who, i64> = HashMap::new();
    let mut stays = Vec::new();
    for row in kept.messages.values() {
        let Some((event, whom)) = &row.system else { continue };
        let rev = row.state.seq;
        match (event.as_str(), row.state.sender, whom) {
            ("join", Some(who), _) => drop(open.insert(who, rev)),
            ("exit", Some(who), _) | ("kick" | "ban", _, &Some(who)) => {
                stays.push((who, (open.remove(&who).unwrap_or(rev), rev)));
            }
            _ => {}
        }
    }
    stays.extend(open.into_iter().map(|(who, from)| (who, (from, i64::MAX))));
    stays
}
