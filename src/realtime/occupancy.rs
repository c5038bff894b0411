//! Occupancy of rooms: the users with sockets in a room, reserved slots of ephemeral rooms, and stays that are about
//! to end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::chat::node::NodeId;
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
    /// How many sockets the user has on this node.
    sockets: u32,
    /// Whether the user has had a socket on this node; if not, only a slot is reserved.
    is_local: bool,
    /// The other nodes on which the user has a socket in the room.
    nodes: Vec<NodeId>,
    /// Whether the user hides their presence, so that others do not see them here.
    is_hidden: bool,
    /// The number of this user's arrival among all arrivals of the process.
    arrival: u64,
    /// When the stay ends, unless a socket joins before.
    due: Option<Instant>,
}

impl Stay {
    fn new(user: &Arc<User>) -> Self {
        Self {
            user: Arc::clone(user),
            sockets: 0,
            is_local: false,
            nodes: Vec::new(),
            is_hidden: false,
            arrival: 0,
            due: None,
        }
    }

    fn is_online(&self) -> bool {
        self.is_local || !self.nodes.is_empty()
    }

    /// Whether others see that the user is online here.
    fn is_visible(&self) -> bool {
        self.is_online() && !self.is_hidden
    }
}

/// What the first socket of a user in a room changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// How many are online, if others see that the user came online.
    pub(super) came_online: Option<usize>,
    /// Whether the user had no socket on this node before.
    pub(super) is_first_local: bool,
}

/// A stay that ended on this node.
pub(super) struct Ended {
    pub(super) user: Arc<User>,
    /// How many are still online, if others see that the user went offline.
    pub(super) went_offline: Option<usize>,
    /// Whether the user must leave the room, as it is an ephemeral one.
    pub(super) must_leave: bool,
    /// Whether the user had a socket on this node.
    pub(super) was_local: bool,
}

impl Occupancy {
    /// Adds a socket of a user on this node.
    pub(super) fn add_socket(
        &mut self,
        user: &Arc<User>,
        is_hidden: bool,
        is_ephemeral: bool,
        arrival: u64,
    ) -> Arrival {
        let (stay, was_online) = self.stay(user, is_hidden, is_ephemeral, arrival);
        stay.sockets += 1;
        stay.due = None;
        let is_first_local = !std::mem::replace(&mut stay.is_local, true);
        Arrival { came_online: self.came_online(was_online, is_hidden), is_first_local }
    }

    /// Notes that a user is connected to another node. Returns how many are online if others see that the user came
    /// online with it.
    pub(super) fn add_remote(
        &mut self,
        user: &Arc<User>,
        node: NodeId,
        is_hidden: bool,
        is_ephemeral: bool,
        arrival: u64,
    ) -> Option<usize> {
        let (stay, was_online) = self.stay(user, is_hidden, is_ephemeral, arrival);
        if !stay.nodes.contains(&node) {
            stay.nodes.push(node);
        }
        if !stay.is_local {
            stay.due = None;
        }
        self.came_online(was_online, is_hidden)
    }

    /// Returns the stay of a user who is online from now on, and whether they were before.
    fn stay(&mut self, user: &Arc<User>, is_hidden: bool, is_ephemeral: bool, arrival: u64) -> (&mut Stay, bool) {
        self.is_ephemeral = is_ephemeral;
        let stay = self.stays.entry(user.id).or_insert_with(|| Stay::new(user));
        let was_online = stay.is_online();
        stay.user = Arc::clone(user);
        if !was_online {
            (stay.arrival, stay.is_hidden) = (arrival, is_hidden);
        }
        (stay, was_online)
    }

    fn came_online(&mut self, was_online: bool, is_hidden: bool) -> Option<usize> {
        if was_online {
            return None;
        }
        self.connected += 1;
        if is_hidden {
            return None;
        }
        self.online += 1;
        Some(self.online)
    }

    /// Notes that a user is not connected to another node any more. Returns the user, and how many are online, if others
    /// see that they went offline. In an ephemeral room the stay then ends at `due`.
    pub(super) fn remove_remote(
        &mut self,
        user_id: UserId,
        node: NodeId,
        due: Instant,
    ) -> Option<(Arc<User>, Option<usize>)> {
        let stay = self.stays.get_mut(&user_id).filter(|stay| stay.nodes.contains(&node))?;
        stay.nodes.retain(|other| *other != node);
        if stay.is_online() {
            return None;
        }
        let (user, was_visible) = (Arc::clone(&stay.user), !stay.is_hidden);
        self.connected -= 1;
        self.online -= usize::from(was_visible);
        if self.is_ephemeral {
            stay.due = Some(due);
        } else {
            self.stays.remove(&user_id);
        }
        Some((user, was_visible.then_some(self.online)))
    }

    /// Returns the users who are connected to another node.
    pub(super) fn users_of(&self, node: NodeId) -> Vec<UserId> {
        self.stays.iter().filter(|(_, stay)| stay.nodes.contains(&node)).map(|(id, _)| *id).collect()
    }

    /// Returns the users who are connected to this node, and whether each hides it.
    pub(super) fn local_users(&self) -> Vec<(Arc<User>, bool)> {
        let here = self.stays.values().filter(|stay| stay.is_local);
        here.map(|stay| (Arc::clone(&stay.user), stay.is_hidden)).collect()
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        self.is_ephemeral
    }

    /// Hides a user's presence, or shows it. Returns the user, and how many are online, if others see a change.
    pub(super) fn hide(&mut self, user_id: UserId, hides: bool) -> Option<(Arc<User>, usize)> {
        let stay = self.stays.get_mut(&user_id).filter(|stay| stay.is_hidden != hides)?;
        stay.is_hidden = hides;
        if !stay.is_online() {
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
        if stay.is_online() {
            return false;
        }
        stay.due = Some(due);
        true
    }

    /// Removes a user with all sockets. Returns how many are left, if the user was online.
    pub(super) fn remove(&mut self, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let stay = self.stays.remove(&user_id)?;
        self.connected -= usize::from(stay.is_online());
        if !stay.is_visible() {
            return None;
        }
        self.online -= 1;
        Some((stay.user, self.online))
    }

    /// Ends the stay of a user who did not come back in time. It goes on for one who is connected to another node.
    pub(super) fn end(&mut self, expiry: &Expiry) -> Option<Ended> {
        let stay = self.stays.get_mut(&expiry.user_id).filter(|stay| stay.due == Some(expiry.due))?;
        stay.due = None;
        let (user, was_visible) = (Arc::clone(&stay.user), stay.is_visible());
        let was_local = std::mem::take(&mut stay.is_local);
        if stay.is_online() {
            return Some(Ended { user, went_offline: None, must_leave: false, was_local });
        }
        self.stays.remove(&expiry.user_id);
        self.connected -= usize::from(was_local);
        self.online -= usize::from(was_visible);
        let went_offline = was_visible.then_some(self.online);
        Some(Ended { user, went_offline, must_leave: self.is_ephemeral, was_local })
    }

    pub(super) fn online_count(&self) -> usize {
        self.online
    }

    /// Returns how many are connected, with those who hide their presence.
    pub(super) fn connected_count(&self) -> usize {
        self.connected
    }

    /// Returns whether the user is connected to this node.
    pub(super) fn is_local(&self, user_id: UserId) -> bool {
        self.stays.get(&user_id).is_some_and(|stay| stay.is_local)
    }

    pub(super) fn is_online(&self, user_id: UserId) -> bool {
        self.stays.get(&user_id).is_some_and(Stay::is_online)
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
