//! The user behind a socket, kept with each socket of `/chat`.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::{Mutex, RwLock};

use crate::chat::bot_right::BotRights;
use crate::chat::session::SessionId;
use crate::chat::user::{Privacy, User};
use crate::ids::{RoomId, UserId};
use crate::wire::Variant;

#[derive(Debug)]
pub struct ConnectedUser {
    pub id: UserId,
    /// What the user may do, if it is a bot.
    pub bot: Option<BotRights>,
    pub profile: RwLock<Arc<User>>,
    /// The rooms this socket is in. They are needed when it is gone, and the socket's own list is empty by then.
    pub rooms: Rooms,
    pub session_id: SessionId,
    /// In which variant messages are sent.
    pub variant: Variant,
    pub address: IpAddr,
    /// Whether the user has no visible screen on this socket.
    pub is_away: AtomicBool,
    /// What the user keeps to themselves, and so does not see of others.
    pub privacy: RwLock<Privacy>,
    /// Whether the session has ended, so that nothing more is done for it while it closes.
    pub has_ended: AtomicBool,
}

impl ConnectedUser {
    /// Returns the user's current name and picture.
    pub fn profile(&self) -> Arc<User> {
        Arc::clone(&self.profile.read())
    }
}

/// The rooms of a socket, each with the rev at which the membership began.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<Vec<(RoomId, i64)>>);

impl Rooms {
    pub fn contains(&self, room_id: RoomId) -> bool {
        self.joined_rev(room_id).is_some()
    }

    /// Returns the rev at which the membership began, if the socket is in the room.
    pub fn joined_rev(&self, room_id: RoomId) -> Option<i64> {
        self.0.lock().iter().find(|(room, _)| *room == room_id).map(|(_, joined_rev)| *joined_rev)
    }

    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn add(&self, room_id: RoomId, joined_rev: i64) {
        let mut rooms = self.0.lock();
        // Most sockets are in one room; a vector that grows by itself would start at four.
        rooms.reserve_exact(1);
        rooms.push((room_id, joined_rev));
    }

    /// Updates the rev at which the membership began. Returns `false` when the socket is no longer in the room.
    pub fn renew(&self, room_id: RoomId, joined_rev: i64) -> bool {
        let mut rooms = self.0.lock();
        let known = rooms.iter_mut().find(|(room, _)| *room == room_id);
        known.map(|(_, known)| *known = joined_rev).is_some()
    }

    /// Returns whether the socket was in the room.
    pub fn remove(&self, room_id: RoomId) -> bool {
        let mut rooms = self.0.lock();
        let before = rooms.len();
        rooms.retain(|(room, _)| *room != room_id);
        rooms.len() < before
    }

    /// Removes and returns all of them.
    pub fn take(&self) -> Vec<RoomId> {
        std::mem::take(&mut *self.0.lock()).into_iter().map(|(room_id, _)| room_id).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::chat::session::Token;
    use crate::chat::user::{UserKind, color};

    pub(in crate::realtime) fn user(id: UserId, variant: Variant) -> ConnectedUser {
        let user = User { id, kind: UserKind::Guest, name: "minji".into(), color: color(id), picture: None };
        ConnectedUser {
            id,
            bot: None,
            profile: RwLock::new(Arc::new(user)),
            rooms: Rooms::default(),
            session_id: "A".repeat(43).parse::<Token>().unwrap().session_id(),
            variant,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            is_away: AtomicBool::new(false),
            privacy: RwLock::default(),
            has_ended: AtomicBool::new(false),
        }
    }
}
