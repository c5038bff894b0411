//! The invariants of docs/delivery.md, as pure functions of the history and the store, so that a
//! shorter history can be checked as well.

mod deliveries;
mod numbering;
mod received;
mod replicas;
mod sends;
mod server;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

pub(crate) use server::STORE_RECOVERED;

use crate::history::{Event, EventKind, Operation, Outcome, RoomIndex, State, UserIndex, invoked};
use crate::receiver::Delivered;
use crate::replica::Replica;
use crate::store::Store;

/// A broken invariant, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// `I1` to `I19`.
    pub(crate) invariant: &'static str,
    pub(crate) about: About,
    pub(crate) message: String,
}

/// What a violation is about. It identifies the violation in a shorter history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) room: Option<RoomIndex>,
    pub(crate) seq: Option<i64>,
    pub(crate) rev: Option<i64>,
    pub(crate) user: Option<UserIndex>,
    pub(crate) conn: Option<u32>,
    pub(crate) key: Option<String>,
}

impl About {
    fn room(room: RoomIndex) -> Self {
        Self { room: Some(room), ..Self::default() }
    }

    fn key(user: UserIndex, key: &str) -> Self {
        Self { user: Some(user), key: Some(key.to_owned()), ..Self::default() }
    }

    fn seq(self, seq: i64) -> Self {
        Self { seq: Some(seq), ..self }
    }

    fn rev(self, rev: i64) -> Self {
        Self { rev: Some(rev), ..self }
    }

    fn user(self, user: UserIndex) -> Self {
        Self { user: Some(user), ..self }
    }

    fn on(self, event: &Event) -> Self {
        Self { user: Some(event.user), conn: Some(event.conn), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken", self.invariant)?;
        let about = &self.about;
        let numbers = [("room", about.room.map(i64::from)), ("seq", about.seq), ("rev", about.rev)];
        let numbers =
            numbers.into_iter().chain([("user", about.user.map(i64::from)), ("connection", about.conn.map(i64::from))]);
        for (name, number) in numbers.filter_map(|(name, number)| Some((name, number?))) {
            write!(f, ", {name} {number}")?;
        }
        if let Some(key) = &about.key {
            write!(f, ", key {key}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What the checker reads beside the history.
pub(crate) struct Evidence<'a> {
    pub(crate) store: &'a Store,
    /// The final replicas of each user.
    pub(crate) replicas: &'a [HashMap<RoomIndex, Replica>],
    /// The log of every server of the run.
    pub(crate) log: &'a str,
    /// What the server has posted to others. `None` where that is not checked.
    pub(crate) received: Option<&'a Posted>,
}

/// What a receiver got.
pub(crate) struct Posted {
    pub(crate) deliveries: Vec<Delivered>,
    pub(crate) pushes: usize,
}

/// The history and what several checks derive from it.
struct Index<'a> {
    evidence: &'a Evidence<'a>,
    events: &'a [Event],
    invoked: HashMap<u32, (usize, &'a Operation)>,
    /// Every state of a message that was received or is stored, by room and rev.
    known: HashMap<RoomIndex, BTreeMap<i64, Known>>,
    /// The revs between which a user was in a room, by the room's system messages.
    stays: HashMap<(RoomIndex, UserIndex), Vec<(i64, i64)>>,
}

/// The message that a rev changed, and who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    seq: i64,
    sender: Option<UserIndex>,
    to: Option<UserIndex>,
}

impl Known {
    fn is_visible(&self, user: UserIndex) -> bool {
        self.to.is_none() || self.to == Some(user) || self.sender == Some(user)
    }
}

/// Returns every broken invariant.
pub(crate) fn check(events: &[Event], evidence: &Evidence<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let index = Index::new(events, evidence, &mut found);
    sends::check(&index, &mut found);
    numbering::check(&index, &mut found);
    received::check(&index, &mut found);
    replicas::check(&index, &mut found);
    server::check(&index, &mut found);
    deliveries::check(&index, &mut found);
    found
}

impl<'a> Index<'a> {
    fn new(events: &'a [Event], evidence: &'a Evidence<'a>, found: &mut Vec<Violation>) -> Self {
        let mut index =
            Self { evidence, events, invoked: invoked(events), known: HashMap::new(), stays: HashMap::new() };
        for (room, stored_room) in &evidence.store.rooms {
            for row in stored_room.messages.values() {
                index.know(*room, &row.state, found);
            }
            for (user, stay) in stays(stored_room) {
                index.stays.entry((*room, user)).or_default().push(stay);
            }
        }
        for event in events {
            match &event.kind {
                EventKind::Received(room, state) => index.know(*room, state, found),
                EventKind::Returned { op, outcome: Outcome::Joined { states, .. } | Outcome::Page(states) } => {
                    let Some(room) = index.invoked.get(op).map(|(_, operation)| operation.room()) else { continue };
                    states.iter().for_each(|state| index.know(room, state, found));
                }
                _ => {}
            }
        }
        index
    }

    /// Adds a state. I4: each rev is one change.
    fn know(&mut self, room: RoomIndex, state: &State, found: &mut Vec<Violation>) {
        let known = Known { seq: state.seq, sender: state.sender, to: state.to };
        if let Some(other) = self.known.entry(room).or_default().insert(state.rev, known)
            && other.seq != known.seq
        {
            found.push(Violation {
                invariant: "I4",
                about: About::room(room).rev(state.rev),
                message: format!("it changed both message {} and message {}", other.seq, known.seq),
            });
        }
    }

    /// Returns the outcomes with their operation and the index of its start.
    fn returned(&self) -> impl Iterator<Item = (usize, &'a Event, &'a Operation, &'a Outcome)> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Returned { op, outcome } => {
                let (invoked, operation) = self.invoked.get(op)?;
                Some((*invoked, event, *operation, outcome))
            }
            _ => None,
        })
    }
}

/// Returns when users were in a room: from the system message of the join to that of the exit.
fn stays(stored_room: &crate::store::StoredRoom) -> Vec<(UserIndex, (i64, i64))> {
    let mut open: HashMap<UserIndex, i64> = HashMap::new();
    let mut stays = Vec::new();
    for row in stored_room.messages.values() {
        let Some((event, whom)) = &row.system else { continue };
        let rev = row.state.seq;
        match (event.as_str(), row.state.sender, whom) {
            ("join", Some(user), _) => drop(open.insert(user, rev)),
            ("exit", Some(user), _) | ("kick" | "ban", _, &Some(user)) => {
                stays.push((user, (open.remove(&user).unwrap_or(rev), rev)));
            }
            _ => {}
        }
    }
    stays.extend(open.into_iter().map(|(user, from)| (user, (from, i64::MAX))));
    stays
}
