//! Presence: whether a user is online, away or offline, as others may see it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use socketio::Socket;

use super::ConnectedUser;
use super::connections::{Connections, Entry, Inner};
use super::remote_presence::{RemotePresence, more_present};
use crate::chat::member::Presence;
use crate::chat::node::NodeId;
use crate::chat::user::Privacy;
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
    /// The rooms whose other members are sent it.
    pub rooms: Vec<RoomId>,
    /// Direct rooms of strangers, who do not see it.
    pub requests: Vec<RoomId>,
}

/// The presence of a user on this node, before and now.
#[derive(Default)]
struct LocalPresence {
    before: Presence,
    now: Presence,
    rooms: Vec<RoomId>,
    requests: Vec<RoomId>,
    hides: bool,
    /// Whether the grace of a reload is over.
    is_gone: bool,
    is_waiting: bool,
}

impl LocalPresence {
    fn announced(&self, user_id: UserId) -> NodePresence {
        NodePresence {
            user_id,
            presence: self.now,
            has_left: self.has_left(),
            rooms: self.rooms.clone(),
            requests: self.requests.clone(),
        }
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
        let (rooms, requests, hides) = (self.shown_rooms(), self.requests.clone(), self.privacy.hides_presence);
        LocalPresence { before, now, rooms, requests, hides, is_gone, is_waiting }
    }

    /// Returns the present presence, as the other nodes are sent it.
    fn presence_for_nodes(&self, user_id: UserId) -> NodePresence {
        NodePresence {
            user_id,
            presence: self.presence(),
            has_left: false,
            rooms: self.shown_rooms(),
            requests: self.requests.clone(),
        }
    }

    pub(super) fn presence(&self) -> Presence {
        let is_away =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|user| user.is_away.load(Ordering::Relaxed));
        if self.privacy.hides_presence {
            Presence::Offline
        } else if self.sockets.is_empty() {
            // Within the grace of a reload nothing has changed yet.
            self.last
        } else if self.sockets.iter().all(is_away) {
            Presence::Away
        } else {
            Presence::Online
        }
    }
}

impl Connections {
    /// Returns whether a user looks at a page, also one who hides that from others. Of other nodes it knows only what they
    /// show.
    pub fn is_looking(&self, user_id: UserId) -> bool {
        let is_visible =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|user| !user.is_away.load(Ordering::Relaxed));
        self.sockets(user_id).iter().any(is_visible) || self.presence(user_id) == Presence::Online
    }

    pub fn presence(&self, user_id: UserId) -> Presence {
        let inner = self.0.lock();
        let here = inner.users.get(&user_id).map_or(Presence::Offline, |entry| entry.presence());
        inner.remote.get(&user_id).map_or(here, |remote| more_present(here, remote.presence()))
    }

    /// Like [`Connections::presence`], as the other members of a room see it: not while a stranger's room is not accepted.
    pub fn presence_in(&self, room_id: RoomId, user_id: UserId) -> Presence {
        let is_request = {
            let inner = self.0.lock();
            inner.users.get(&user_id).is_some_and(|entry| entry.requests.contains(&room_id))
                || inner.remote.get(&user_id).is_some_and(|remote| remote.requests.contains(&room_id))
        };
        if is_request { Presence::Offline } else { self.presence(user_id) }
    }

    /// Notes that a stranger has opened a direct room with a user. Returns the presence of a user who is connected to this
    /// node, with the new request.
    pub(super) fn requested(&self, room_id: RoomId, user_id: UserId) -> Option<NodePresence> {
        let mut inner = self.0.lock();
        if let Some(remote) = inner.remote.get_mut(&user_id) {
            remote.requests.push(room_id);
        }
        let entry = inner.users.get_mut(&user_id)?;
        entry.requests.push(room_id);
        entry.version += 1;
        Some(entry.presence_for_nodes(user_id))
    }

    /// Notes that a user has accepted a stranger's room. Returns what a user who is connected to this node keeps to
    /// themselves.
    pub(super) fn accepted(&self, room_id: RoomId, user_id: UserId) -> Option<Privacy> {
        let mut inner = self.0.lock();
        let Inner { users, remote, changed, .. } = &mut *inner;
        // What it is now counts as news, on the stranger's node, too.
        if let Some(remote) = remote.get_mut(&user_id) {
            remote.accepted(room_id);
            changed.insert(user_id);
        }
        let entry = users.get_mut(&user_id)?;
        entry.requests.retain(|room| *room != room_id);
        entry.version += 1;
        entry.sent = None;
        changed.insert(user_id);
        Some(entry.privacy)
    }

    /// Notes that one of a user's screens is visible, or no longer.
    pub fn presence_changed(&self, user_id: UserId) {
        self.0.lock().changed.insert(user_id);
    }

    /// Notes the presence of a user on another node.
    pub(super) fn remote_presence(&self, node: NodeId, change: NodePresence) {
        let NodePresence { user_id, presence, has_left, rooms, requests } = change;
        let mut inner = self.0.lock();
        let sent_here = inner.users.get(&user_id).and_then(|entry| entry.sent).unwrap_or(Presence::Offline);
        let remote = inner.remote.entry(user_id);
        let remote = remote.or_insert_with(|| RemotePresence { sent: sent_here, ..RemotePresence::default() });
        remote.nodes.retain(|(other, _)| *other != node);
        if presence != Presence::Offline {
            remote.nodes.push((node, presence));
        }
        (remote.rooms, remote.requests, remote.has_left) = (rooms, requests, has_left);
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

    /// Sets what a connected user keeps to themselves from now on. Returns the rooms whose members see whether the user is
    /// there; `None` if something has changed since the version.
    pub(super) fn set_privacy(&self, user_id: UserId, version: u64, privacy: Privacy) -> Option<Vec<RoomId>> {
        let mut inner = self.0.lock();
        let Some(entry) = inner.users.get_mut(&user_id) else { return Some(Vec::new()) };
        if entry.version != version {
            return None;
        }
        entry.set_privacy(privacy);
        entry.version += 1;
        let rooms = entry.shown_rooms();
        inner.changed.insert(user_id);
        Some(rooms)
    }

    /// Returns what a connected user keeps to themselves.
    pub fn privacy(&self, user_id: UserId) -> Privacy {
        self.known_privacy(user_id).unwrap_or_default()
    }

    /// Likewise; `None` for a user who is not connected to this node.
    pub fn known_privacy(&self, user_id: UserId) -> Option<Privacy> {
        self.0.lock().users.get(&user_id).map(|entry| entry.privacy)
    }

    /// Returns what the other members of a room do not see of a connected user: nor their presence, while a stranger's room
    /// is not accepted.
    pub fn privacy_in(&self, room_id: RoomId, user_id: UserId) -> Privacy {
        let inner = self.0.lock();
        let Some(entry) = inner.users.get(&user_id) else { return Privacy::default() };
        Privacy { hides_presence: entry.privacy.hides_presence || entry.requests.contains(&room_id), ..entry.privacy }
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
