//! Who is connected to a room, and who is about to be gone from it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::chat::user::User;
use crate::ids::{RoomId, UserId};

/// The people of one room.
#[derive(Default)]
pub(super) struct Occupancy {
    people: HashMap<UserId, ConnectedUser>,
    online: usize,
    is_ephemeral: bool,
}

struct ConnectedUser {
    user: Arc<User>,
    sockets: u32,
    /// Whether they were here with a socket; if not, only their seat is held.
    is_online: bool,
    /// The how-many-eth coming online theirs was, of all there were in this process.
    came: u64,
    /// When they are gone, unless a socket comes before.
    due: Option<Instant>,
}

/// Somebody whose time was over.
pub(super) struct Gone {
    pub(super) user: Arc<User>,
    pub(super) count: usize,
    pub(super) was_online: bool,
    pub(super) is_ephemeral: bool,
}

impl Occupancy {
    /// One more socket of a person; the number of people online if the person is new among them.
    pub(super) fn enter(&mut self, user: &Arc<User>, is_ephemeral: bool, came: u64) -> Option<usize> {
        self.is_ephemeral = is_ephemeral;
        let person = self.people.entry(user.id).or_insert_with(|| ConnectedUser {
            user: Arc::clone(user),
            sockets: 0,
            is_online: false,
            came: 0,
            due: None,
        });
        person.user = Arc::clone(user);
        person.sockets += 1;
        person.due = None;
        if std::mem::replace(&mut person.is_online, true) {
            return None;
        }
        person.came = came;
        self.online += 1;
        Some(self.online)
    }

    /// One socket less; whether it was the person's last, so that they are gone at `due`.
    pub(super) fn leave(&mut self, user_id: UserId, due: Instant) -> bool {
        let Some(person) = self.people.get_mut(&user_id) else { return false };
        person.sockets = person.sockets.saturating_sub(1);
        if person.sockets > 0 {
            return false;
        }
        person.due = Some(due);
        true
    }

    /// Keeps a seat in an ephemeral room until `due`, unless the person has been here with a
    /// socket, whose end decides. A seat that is held already is held longer.
    pub(super) fn hold(&mut self, user: &Arc<User>, due: Instant) -> bool {
        self.is_ephemeral = true;
        let seat = || ConnectedUser { user: Arc::clone(user), sockets: 0, is_online: false, came: 0, due: None };
        let person = self.people.entry(user.id).or_insert_with(seat);
        if person.is_online {
            return false;
        }
        person.due = Some(due);
        true
    }

    /// Takes a person out whatever sockets they have; how many are left, if they were online.
    pub(super) fn remove(&mut self, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let person = self.people.remove(&user_id)?;
        if !person.is_online {
            return None;
        }
        self.online -= 1;
        Some((person.user, self.online))
    }

    /// Takes out who did not come back in time.
    pub(super) fn depart(&mut self, departure: &Departure) -> Option<Gone> {
        let is_due = self.people.get(&departure.user_id).is_some_and(|person| person.due == Some(departure.due));
        if !is_due {
            return None;
        }
        let person = self.people.remove(&departure.user_id)?;
        self.online -= usize::from(person.is_online);
        Some(Gone {
            user: person.user,
            count: self.online,
            was_online: person.is_online,
            is_ephemeral: self.is_ephemeral,
        })
    }

    pub(super) fn online(&self) -> usize {
        self.online
    }

    pub(super) fn is_online(&self, user_id: UserId) -> bool {
        self.people.get(&user_id).is_some_and(|person| person.is_online)
    }

    pub(super) fn some_online(&self, most: usize) -> Vec<UserId> {
        let online = self.people.iter().filter(|(_, person)| person.is_online);
        online.map(|(id, _)| *id).take(most).collect()
    }

    /// Those who are online since their coming `until` or an earlier one.
    pub(super) fn online_until(&self, until: u64) -> Vec<UserId> {
        let online = self.people.iter().filter(|(_, person)| person.is_online && person.came <= until);
        online.map(|(id, _)| *id).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

/// A person who is gone from a room at `due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Departure {
    pub due: Instant,
    pub room_id: RoomId,
    pub user_id: UserId,
}

/// All that are about to be gone, the first first.
#[derive(Default)]
pub struct Departures(Mutex<BTreeSet<Departure>>);

impl Departures {
    pub(super) fn add(&self, departure: Departure) {
        self.0.lock().insert(departure);
    }

    pub(super) fn due(&self, now: Instant) -> Vec<Departure> {
        let mut departures = self.0.lock();
        let mut due = Vec::new();
        while departures.first().is_some_and(|first| first.due <= now) {
            due.extend(departures.pop_first());
        }
        due
    }
}
