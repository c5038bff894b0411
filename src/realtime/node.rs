//! What nodes send each other of the state in memory: who is connected where, who types, how far they have read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::occupancy::Expiry;
use super::room::{RoomEvent, RoomState};
use super::{NodePresence, PresenceChange, PresenceChanges, Realtime};
use crate::chat::node::{NodeEvent, NodeId};
use crate::chat::user::{Privacy, User};
use crate::ids::{RoomId, UserId};

impl Realtime {
    /// Lets the other nodes know of something, if there may be others.
    pub fn announce(&self, event: impl FnOnce() -> NodeEvent) {
        if let Some(announcements) = &self.announcements {
            announcements.lock().push(event());
        }
    }

    /// Takes what the other nodes have not been sent yet.
    pub fn take_announcements(&self) -> Vec<NodeEvent> {
        self.announcements.as_ref().map_or_else(Vec::new, |announcements| std::mem::take(&mut *announcements.lock()))
    }

    /// Puts back announcements that could not be sent, before those that were made meanwhile.
    pub fn put_back_announcements(&self, mut events: Vec<NodeEvent>) {
        if let Some(announcements) = &self.announcements {
            let mut waiting = announcements.lock();
            events.append(&mut waiting);
            *waiting = events;
        }
    }

    /// Notes that another node asks who is connected to this one.
    pub fn want_presence(&self) {
        self.rooms_wanted.store(true, Ordering::Relaxed);
        self.presences_wanted.store(true, Ordering::Relaxed);
    }

    /// Announces who is in the rooms here, if another node has asked.
    pub fn announce_rooms_if_wanted(&self) {
        if !self.rooms_wanted.swap(false, Ordering::Relaxed) {
            return;
        }
        let rooms: Vec<Arc<RoomState>> = self.rooms.lock().values().cloned().collect();
        for room in rooms {
            let occupancy = room.occupancy.lock();
            for (user, is_hidden) in occupancy.local_users() {
                let hides_reads = self.connections.privacy(user.id).hides_reads;
                let privacy = Privacy { hides_presence: is_hidden, hides_reads };
                self.announce(|| NodeEvent::joined(room.id, &user, privacy, occupancy.is_ephemeral()));
            }
        }
    }

    /// Announces again that a user is in a room, after the end of an earlier membership removed them for the others.
    pub fn announce_stay(&self, room_id: RoomId, user: &User) {
        let Some(room) = self.room(room_id) else { return };
        let occupancy = room.occupancy.lock();
        if occupancy.is_local(user.id) {
            let privacy = self.connections.privacy_in(room_id, user.id);
            self.announce(|| NodeEvent::joined(room_id, user, privacy, occupancy.is_ephemeral()));
        }
    }

    /// Returns the presences that changed, with all of this node if another one has asked for them.
    pub fn take_presence_changes(&self) -> Vec<PresenceChange> {
        let is_wanted = self.presences_wanted.swap(false, Ordering::Relaxed);
        let PresenceChanges { all, local } = self.connections.take_presence_changes(self.timing.exit_grace, is_wanted);
        local.into_iter().for_each(|presence| self.announce_presence(presence));
        all
    }

    pub(super) fn announce_presence(&self, presence: NodePresence) {
        let NodePresence { user_id, presence, has_left, rooms, requests } = presence;
        self.announce(|| NodeEvent::Presence { user_id, presence, has_left, rooms, requests });
    }

    /// Takes an event of another node.
    pub fn receive(self: &Arc<Self>, node: NodeId, event: NodeEvent) {
        match event {
            NodeEvent::Joined { room_id, user, privacy, is_ephemeral } => {
                self.push(room_id, RoomEvent::RemoteJoined { node, user: Arc::from(user), privacy, is_ephemeral });
            }
            NodeEvent::Left { room_id, user_id } => self.push(room_id, RoomEvent::RemoteLeft { node, user_id }),
            NodeEvent::Hidden { user_id, privacy, rooms } => {
                for room_id in rooms {
                    self.push(room_id, RoomEvent::RemoteHidden { user_id, privacy });
                }
            }
            NodeEvent::Presence { user_id, presence, has_left, rooms, requests } => {
                let presence = NodePresence { user_id, presence, has_left, rooms, requests };
                self.connections.remote_presence(node, presence);
            }
            NodeEvent::Typing { room_id, user } => self.push(room_id, RoomEvent::Typing { user: Arc::from(user) }),
            NodeEvent::Read { room_id, marks, hidden } => {
                marks.iter().for_each(|(user_id, _)| self.changes.has_read(room_id, *user_id));
                self.push(room_id, RoomEvent::Read { marks: marks.into_iter().collect(), hidden });
            }
            NodeEvent::PresenceWanted => self.want_presence(),
            // The service reads the settings.
            NodeEvent::PrivacyChanged { .. } => {}
        }
    }

    pub(super) fn remote_joined(
        self: &Arc<Self>,
        node: NodeId,
        room_id: RoomId,
        user: &Arc<User>,
        privacy: Privacy,
        is_ephemeral: bool,
    ) {
        let came_online = {
            let mut rooms = self.rooms.lock();
            let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
            let arrival = self.next_arrival();
            room.occupancy.lock().add_remote(user, node, privacy.hides_presence, is_ephemeral, arrival)
        };
        if let Some(count) = came_online {
            self.came_online(room_id, user, count, privacy.hides_reads);
        }
    }

    pub(super) fn remote_left(self: &Arc<Self>, node: NodeId, room_id: RoomId, user_id: UserId) {
        let Some(room) = self.room(room_id) else { return };
        let due = Instant::now() + self.timing.exit_grace;
        let Some((user, went_offline)) = room.occupancy.lock().remove_remote(user_id, node, due) else { return };
        // Only a stay in an ephemeral room goes on until then.
        self.expiries.add(Expiry { due, room_id, user_id });
        if let Some(count) = went_offline {
            self.went_offline(room_id, &user, count);
        }
        self.forget_if_idle(room_id);
    }

    /// Forgets who was connected to a node that has ended, after everything that it has sent.
    pub fn node_ended(self: &Arc<Self>, node: NodeId) {
        let rooms: Vec<RoomId> = self.rooms.lock().keys().copied().collect();
        rooms.into_iter().for_each(|room_id| self.push(room_id, RoomEvent::NodeEnded { node }));
        self.connections.node_ended(node);
    }

    pub(super) fn left_with_node(self: &Arc<Self>, node: NodeId, room_id: RoomId) {
        let users = self.room(room_id).map_or_else(Vec::new, |room| room.occupancy.lock().users_of(node));
        users.into_iter().for_each(|user_id| self.remote_left(node, room_id, user_id));
    }
}
