//! Presence: whether a user is online, away or offline, as others may see it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use socketio::Socket;

use super::ConnectedUser;
use super::connections::{Connections, Entry};
use crate::chat::member::Presence;
use crate::ids::{RoomId, UserId};

/// A presence to send.
#[derive(Debug)]
pub struct PresenceChange {
    pub user_id: UserId,
    pub presence: Presence,
    /// Whether the user went offline just now, and does not hide it.
    pub went_offline: bool,
    pub rooms: Vec<RoomId>,
}

impl Entry {
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
        self.0.lock().users.get(&user_id).map_or(Presence::Offline, |entry| entry.presence())
    }

    /// Notes that one of a user's screens is visible, or no longer.
    pub fn presence_changed(&self, user_id: UserId) {
        self.0.lock().changed.insert(user_id);
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

    /// Returns the presences that differ from what was last sent. Users without a socket for longer than `grace` are
    /// forgotten.
    pub fn take_presence_changes(&self, grace: Duration) -> Vec<PresenceChange> {
        let mut inner = self.0.lock();
        let mut changes = Vec::new();
        for user_id in std::mem::take(&mut inner.changed) {
            let Some(entry) = inner.users.get_mut(&user_id) else { continue };
            let is_waiting = entry.left_at.is_some_and(|left_at| left_at.elapsed() < grace);
            let is_gone = entry.left_at.is_some() && !is_waiting;
            let presence = if is_gone { Presence::Offline } else { entry.presence() };
            let sent = entry.sent.replace(presence).unwrap_or(Presence::Offline);
            if sent != presence {
                let (rooms, went_offline) = (entry.rooms.clone(), is_gone && !entry.hides);
                changes.push(PresenceChange { user_id, presence, went_offline, rooms });
            }
            if is_gone {
                inner.forget(user_id);
            } else if is_waiting {
                inner.changed.insert(user_id);
            }
        }
        changes
    }
}
