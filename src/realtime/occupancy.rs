//! Occupancy of rooms: the users with sockets in a room, reserved slots of ephemeral rooms, and stays that are about
//! to end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::chat::user::User;
use crate::ids::{RoomId, UserId};

/// The users in one room.
#[derive(Default)]
pub(super) struct Occupancy {
    stays: HashMap<UserId, Stay>,
    /// How many others see as online: those who hide their presence do not count.
    online: usize,
    /// How many are connected, with those who hide their presence.
    connected: usize,
    is_ephemeral: bool,
}

struct Stay {
    user: Arc<User>,
    sockets: u32,
    /// Whether the user has had a socket here; if not, only a slot is reserved.
    is_online: bool,
    /// Whether the user hides their presence, so that others do not see them here.
    is_hidden: bool,
    /// The number of this user's arrival among all arrivals of the process.
    arrival: u64,
    /// When the stay ends, unless a socket joins before.
    due: Option<Instant>,
}

impl Stay {
    fn new(user: &Arc<User>) -> Self {
        Self { user: Arc::clone(user), sockets: 0, is_online: false, is_hidden: false, arrival: 0, due: None }
    }

    /// Whether others see that the user is online here.
    fn is_visible(&self) -> bool {
        self.is_online && !self.is_hidden
    }
}

/// A stay that ended.
pub(super) struct Ended {
    pub(super) user: Arc<User>,
    /// How many are still online.
    pub(super) count: usize,
    /// Whether others saw that the user was online.
    pub(super) was_online: bool,
    pub(super) is_ephemeral: bool,
}

impl Occupancy {
    /// Adds a socket of a user. Returns how many are online if others see that the user came online with it.
    pub(super) fn add_socket(
        &mut self,
        user: &Arc<User>,
        is_hidden: bool,
        is_ephemeral: bool,
        arrival: u64,
    ) -> Option<usize> {
        self.is_ephemeral = is_ephemeral;
        let stay = self.stays.entry(user.id).or_insert_with(|| Stay::new(user));
        stay.user = Arc::clone(user);
        stay.sockets += 1;
        stay.due = None;
        if std::mem::replace(&mut stay.is_online, true) {
            return None;
        }
        (stay.arrival, stay.is_hidden) = (arrival, is_hidden);
        self.connected += 1;
        if is_hidden {
            return None;
        }
        self.online += 1;
        Some(self.online)
    }

    /// Hides a user's presence, or shows it. Returns the user, and how many are online, if others see a change.
    pub(super) fn hide(&mut self, user_id: UserId, hides: bool) -> Option<(Arc<User>, usize)> {
        let stay = self.stays.get_mut(&user_id).filter(|stay| stay.is_hidden != hides)?;
        stay.is_hidden = hides;
        if !stay.is_online {
            return None;
        }
        self.online = if hides { self.online - 1 } else { self.online + 1 };
        Some((Arc::clone(&stay.user), self.online))
    }

    /// Removes a socket. Returns whether it was the user's last, so that the stay ends at `due`.
    pub(super) fn remove_socket(&mut self, user_id: UserId, due: Instant) -> bool {
        let Some(stay) = self.stays.get_mut(&user_id) else { return false };
        stay.sockets = stay.sockets.saturating_sub(1);
        if stay.sockets > 0 {
            return false;
        }
        stay.due = Some(due);
        true
    }

    /// Reserves a slot in an ephemeral room until `due`, unless the user is online here. A reservation is extended.
    pub(super) fn reserve(&mut self, user: &Arc<User>, due: Instant) -> bool {
        self.is_ephemeral = true;
        let stay = self.stays.entry(user.id).or_insert_with(|| Stay::new(user));
        if stay.is_online {
            return false;
        }
        stay.due = Some(due);
        true
    }

    /// Removes a user with all sockets. Returns how many are left, if the user was online.
    pub(super) fn remove(&mut self, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let stay = self.stays.remove(&user_id)?;
        self.connected -= usize::from(stay.is_online);
        if !stay.is_visible() {
            return None;
        }
        self.online -= 1;
        Some((stay.user, self.online))
    }

    /// Removes a user who did not come back in time.
    pub(super) fn end(&mut self, expiry: &Expiry) -> Option<Ended> {
        let is_due = self.stays.get(&expiry.user_id).is_some_and(|stay| stay.due == Some(expiry.due));
        if !is_due {
            return None;
        }
        let stay = self.stays.remove(&expiry.user_id)?;
        let was_online = stay.is_visible();
        self.connected -= usize::from(stay.is_online);
        self.online -= usize::from(was_online);
        Some(Ended { user: stay.user, count: self.online, was_online, is_ephemeral: self.is_ephemeral })
    }

    pub(super) fn online_count(&self) -> usize {
        self.online
    }

    /// Returns how many are connected, with those who hide their presence.
    pub(super) fn connected_count(&self) -> usize {
        self.connected
    }

    pub(super) fn is_online(&self, user_id: UserId) -> bool {
        self.stays.get(&user_id).is_some_and(|stay| stay.is_online)
    }

    /// Like [`Occupancy::is_online`], as others see it.
    pub(super) fn is_visible(&self, user_id: UserId) -> bool {
        self.stays.get(&user_id).is_some_and(Stay::is_visible)
    }

    /// Returns at most `max` of those online.
    pub(super) fn online(&self, max: usize) -> Vec<UserId> {
        let online = self.stays.iter().filter(|(_, stay)| stay.is_visible());
        online.map(|(id, _)| *id).take(max).collect()
    }

    /// Returns those online who arrived no later than `until`.
    pub(super) fn online_until(&self, until: u64) -> Vec<UserId> {
        let online = self.stays.iter().filter(|(_, stay)| stay.is_visible() && stay.arrival <= until);
        online.map(|(id, _)| *id).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stays.is_empty()
    }
}

/// A stay that ends at `due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Expiry {
    pub(super) due: Instant,
    pub(super) room_id: RoomId,
    pub(super) user_id: UserId,
}

/// All stays that are about to end, ordered by time.
#[derive(Default)]
pub(super) struct Expiries(Mutex<BTreeSet<Expiry>>);

impl Expiries {
    pub(super) fn add(&self, expiry: Expiry) {
        self.0.lock().insert(expiry);
    }

    pub(super) fn take_due(&self, now: Instant) -> Vec<Expiry> {
        let mut expiries = self.0.lock();
        let mut due = Vec::new();
        while expiries.first().is_some_and(|first| first.due <= now) {
            due.extend(expiries.pop_first());
        }
        due
    }
}
