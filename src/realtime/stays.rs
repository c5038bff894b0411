//! Stays: who comes into a room on this node and who leaves it, as others see it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::Realtime;
use super::occupancy::Expiry;
use super::room::{RoomEvent, RoomState};
use crate::chat::node::NodeEvent;
use crate::chat::user::{Privacy, User};
use crate::ids::{RoomId, UserId};

impl Realtime {
    /// Notes that a socket of a user joined a room; queues [`RoomEvent::CameOnline`] if it is their first.
    pub fn connected(self: &Arc<Self>, room_id: RoomId, is_ephemeral: bool, user: &Arc<User>) {
        let (arrival, hides_reads) = {
            let mut rooms = self.rooms.lock();
            let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
            let arrival = self.next_arrival();
            let mut occupancy = room.occupancy.lock();
            // Read under the lock: a change after this finds the stay.
            let privacy = self.connections.privacy_in(room_id, user.id);
            let arrival = occupancy.add_socket(user, privacy.hides_presence, is_ephemeral, arrival);
            if arrival.is_first_local {
                // Under the lock, as all that is announced of stays: other nodes get it in the order in which it happened.
                self.announce(|| NodeEvent::joined(room_id, user, privacy, is_ephemeral));
            }
            (arrival, privacy.hides_reads)
        };
        if let Some(count) = arrival.came_online {
            self.came_online(room_id, user, count, hides_reads);
        }
    }

    pub(super) fn next_arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn came_online(self: &Arc<Self>, room_id: RoomId, user: &Arc<User>, count: usize, hides_reads: bool) {
        self.changes.counted(room_id, count > self.timing.large_room);
        self.push(room_id, RoomEvent::CameOnline { user: Arc::clone(user), count, hides_reads });
    }

    pub(super) fn went_offline(self: &Arc<Self>, room_id: RoomId, user: &Arc<User>, count: usize) {
        self.changes.counted(room_id, count > self.timing.large_room);
        self.push(room_id, RoomEvent::WentOffline { user: Arc::clone(user), count });
    }

    /// Sets what a user keeps to themselves, as read from the database at a version of what is known of them. To others they
    /// leave or come. Returns `false` if something has changed since, so that it must be read again.
    pub fn set_privacy(self: &Arc<Self>, user_id: UserId, version: u64, privacy: Privacy) -> bool {
        let Some(rooms) = self.connections.set_privacy(user_id, version, privacy) else { return false };
        rooms.iter().for_each(|room_id| self.hide_in(*room_id, user_id, privacy));
        if !rooms.is_empty() {
            self.announce(|| NodeEvent::Hidden { user_id, privacy, rooms });
        }
        true
    }

    /// Shows a user to the stranger whose direct room they have accepted.
    pub(super) fn accepted(self: &Arc<Self>, room_id: RoomId, user_id: UserId) {
        if let Some(privacy) = self.connections.accepted(room_id, user_id).filter(|privacy| !privacy.hides_presence) {
            self.hide_in(room_id, user_id, privacy);
            self.announce(|| NodeEvent::Hidden { user_id, privacy, rooms: vec![room_id] });
        }
    }

    pub(super) fn hide_in(self: &Arc<Self>, room_id: RoomId, user_id: UserId, privacy: Privacy) {
        let Some(room) = self.room(room_id) else { return };
        let Some((user, count)) = room.occupancy.lock().hide(user_id, privacy.hides_presence) else { return };
        match privacy.hides_presence {
            true => self.went_offline(room_id, &user, count),
            false => self.came_online(room_id, &user, count, privacy.hides_reads),
        }
    }

    /// Notes that a socket of a user left a room. The user stays for the grace of a reload.
    pub fn disconnected(&self, room_id: RoomId, user_id: UserId) {
        if let Some(room) = self.room(room_id) {
            let due = Instant::now() + self.timing.exit_grace;
            if room.occupancy.lock().remove_socket(user_id, due) {
                self.expiries.add(Expiry { due, room_id, user_id });
            }
        }
    }

    /// Reserves a slot in an ephemeral room for a member without a socket in it.
    pub fn reserve_slot(&self, room_id: RoomId, user: &Arc<User>) {
        let due = Instant::now() + self.timing.reservation;
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
        if room.occupancy.lock().reserve(user, due) {
            self.expiries.add(Expiry { due, room_id, user_id: user.id });
        }
    }

    /// Removes a user from a room at once, with all sockets. Returns how many are left, if the user was online.
    pub fn remove(self: &Arc<Self>, room_id: RoomId, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let room = self.room(room_id)?;
        let removed = {
            let mut occupancy = room.occupancy.lock();
            if occupancy.is_local(user_id) {
                // The other nodes may get the arrival only after the end of the membership.
                self.announce(|| NodeEvent::Left { room_id, user_id });
            }
            occupancy.remove(user_id)
        };
        let (user, count) = removed?;
        self.changes.counted(room_id, count > self.timing.large_room);
        Some((user, count))
    }

    /// Removes all users from a room that was removed.
    pub fn clear(&self, room_id: RoomId) {
        let Some(room) = self.room(room_id) else { return };
        let mut occupancy = room.occupancy.lock();
        for (user, _) in std::mem::take(&mut *occupancy).local_users() {
            self.announce(|| NodeEvent::Left { room_id, user_id: user.id });
        }
    }

    /// Ends the stays whose grace is over. In a lasting room the user goes offline and stays a member. Returns the
    /// users who must leave an ephemeral room.
    pub fn end_expired_stays(self: &Arc<Self>) -> Vec<(RoomId, Arc<User>)> {
        let mut leaving = Vec::new();
        for expiry in self.expiries.take_due(Instant::now()) {
            let Some(room) = self.room(expiry.room_id) else { continue };
            let ended = {
                let mut occupancy = room.occupancy.lock();
                let ended = occupancy.end(&expiry);
                if ended.as_ref().is_some_and(|ended| ended.was_local) {
                    self.announce(|| NodeEvent::Left { room_id: expiry.room_id, user_id: expiry.user_id });
                }
                ended
            };
            let Some(ended) = ended else { continue };
            if let Some(count) = ended.went_offline {
                self.went_offline(expiry.room_id, &ended.user, count);
            }
            if ended.must_leave {
                leaving.push((expiry.room_id, ended.user));
            }
            self.forget_if_idle(expiry.room_id);
        }
        leaving
    }
}
