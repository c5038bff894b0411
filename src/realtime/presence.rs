//! Presence: whether a user is online, away or offline, as others may see it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use socketio::Socket;

use super::ConnectedUser;
use super::connections::{Connections, Entry, Inner};
use super::remote_presence::{RemotePresence, more_present};
use crate::chat::member::Presence;
use crate::chat::node::NodeId;
use crate::ids::{RoomId, UserId};

/// A presence to send.
#[derive(Debug)]
pub struct PresenceChange {
    pub user_id: UserId,
    pub presence: Presence,
    /// Whether the user went offline just now, and does not hide it.
    pub went_offline: bool,
    /// Whether it was this node that the user left.
    pub left_this_node: bool,
    pub rooms: Vec<RoomId>,
}

/// What changed in the last second.
#[derive(Debug, Default)]
pub struct PresenceChanges {
    /// For others, over all nodes.
    pub all: Vec<PresenceChange>,
    /// On this node.
    pub local: Vec<NodePresence>,
}

/// The presence of a user on one node.
#[derive(Debug)]
pub struct NodePresence {
    pub user_id: UserId,
    pub presence: Presence,
    /// Whether the user left, and does not hide it.
    pub has_left: bool,
    pub rooms: Vec<RoomId>,
}

/// The presence of a user on this node, before and now.
#[derive(Default)]
struct LocalPresence {
    before: Presence,
    now: Presence,
    rooms: Vec<RoomId>,
    hides: bool,
    /// Whether the grace of a reload is over.
    is_gone: bool,
    is_waiting: bool,
}

impl LocalPresence {
    fn announced(&self, user_id: UserId) -> NodePresence {
        NodePresence { user_id, presence: self.now, has_left: self.has_left(), rooms: self.rooms.clone() }
    }

    fn has_left(&self) -> bool {
        self.is_gone && !self.hides
    }
}

impl Entry {
    /// Notes the present presence as sent.
    fn update(&mut self, grace: Duration) -> LocalPresence {
        let is_waiting = self.left_at.is_some_and(|left_at| left_at.elapsed() < grace);
        let is_gone = self.left_at.is_some() && !is_waiting;
        let now = if is_gone { Presence::Offline } else { self.presence() };
        let before = self.sent.replace(now).unwrap_or(Presence::Offline);
        LocalPresence { before, now, rooms: self.rooms.clone(), hides: self.hides, is_gone, is_waiting }
    }

    fn presence(&self) -> Presence {
        let is_away =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|user| user.is_away.load(Ordering::Relaxed));
        if self.hides {
            Presence::Offline
        } else if self.sockets.is_empty() {
            // Within the grace of a reload nothing has changed yet.
            self.sent.unwrap_or(Presence::Offline)
        } else if self.sockets.iter().all(is_away) {
            Presence::Away
        } else {
            Presence::Online
        }
    }
}

impl Connections {
    pub fn presence(&self, user_id: UserId) -> Presence {
        let inner = self.0.lock();
        let here = inner.users.get(&user_id).map_or(Presence::Offline, |entry| entry.presence());
        inner.remote.get(&user_id).map_or(here, |remote| more_present(here, remote.presence()))
    }

    /// Notes that one of a user's screens is visible, or no longer.
    pub fn presence_changed(&self, user_id: UserId) {
        self.0.lock().changed.insert(user_id);
    }

    /// Notes the presence of a user on another node.
    pub(super) fn remote_presence(&self, node: NodeId, change: NodePresence) {
        let NodePresence { user_id, presence, has_left, rooms } = change;
        let mut inner = self.0.lock();
        let sent_here = inner.users.get(&user_id).and_then(|entry| entry.sent).unwrap_or(Presence::Offline);
        let remote = inner.remote.entry(user_id);
        let remote = remote.or_insert_with(|| RemotePresence { sent: sent_here, ..RemotePresence::default() });
        remote.nodes.retain(|(other, _)| *other != node);
        if presence != Presence::Offline {
            remote.nodes.push((node, presence));
        }
        (remote.rooms, remote.has_left) = (rooms, has_left);
        inner.changed.insert(user_id);
    }

    pub(super) fn node_ended(&self, node: NodeId) {
        let mut inner = self.0.lock();
        let Inner { remote, changed, .. } = &mut *inner;
        for (user_id, remote) in remote {
            let before = remote.nodes.len();
            remote.nodes.retain(|(other, _)| *other != node);
            if remote.nodes.len() < before {
                changed.insert(*user_id);
            }
        }
    }

    /// Hides a connected user's presence from now on, or shows it. Returns the rooms of the user; `None` if something has
    /// changed since the version.
    pub(super) fn hide(&self, user_id: UserId, version: u64, hides: bool) -> Option<Vec<RoomId>> {
        let mut inner = self.0.lock();
        let Some(entry) = inner.users.get_mut(&user_id) else { return Some(Vec::new()) };
        if entry.version != version {
            return None;
        }
        entry.hides = hides;
        entry.version += 1;
        let rooms = entry.rooms.clone();
        inner.changed.insert(user_id);
        Some(rooms)
    }

    /// Whether a connected user hides their presence.
    pub fn is_hidden(&self, user_id: UserId) -> bool {
        self.0.lock().users.get(&user_id).is_some_and(|entry| entry.hides)
    }

    /// Returns the presences that differ from what was last sent; with `is_wanted` all of this node are among those of the
    /// node. Users without a socket for longer than `grace` are forgotten.
    pub fn take_presence_changes(&self, grace: Duration, is_wanted: bool) -> PresenceChanges {
        let mut inner = self.0.lock();
        let mut changes = PresenceChanges::default();
        let mut changed = std::mem::take(&mut inner.changed);
        if is_wanted {
            changed.extend(inner.users.keys());
        }
        for user_id in changed {
            let local = inner.users.get_mut(&user_id).map(|entry| entry.update(grace)).unwrap_or_default();
            if local.before != local.now || is_wanted && local.now != Presence::Offline {
                changes.local.push(local.announced(user_id));
            }
            changes.all.extend(inner.merge_remote(user_id, &local));
            if local.is_gone {
                inner.forget(user_id);
            } else if local.is_waiting {
                inner.changed.insert(user_id);
            }
        }
        changes
    }
}

impl Inner {
    /// Returns what changed for others, with what is known of the user on other nodes.
    fn merge_remote(&mut self, user_id: UserId, local: &LocalPresence) -> Option<PresenceChange> {
        let (mut before, mut presence) = (local.before, local.now);
        let (mut rooms, mut has_left) = (local.rooms.clone(), local.has_left());
        if let Some(remote) = self.remote.get_mut(&user_id) {
            presence = more_present(presence, remote.presence());
            before = std::mem::replace(&mut remote.sent, presence);
            if rooms.is_empty() {
                rooms.clone_from(&remote.rooms);
            }
            has_left |= remote.has_left;
            if remote.nodes.is_empty() {
                self.remote.remove(&user_id);
            }
        }
        let went_offline = has_left && presence == Presence::Offline;
        let left_this_node = local.is_gone;
        (before != presence).then_some(PresenceChange { user_id, presence, went_offline, left_this_node, rooms })
    }
}
