//! The connections of all users, over all rooms: the sockets of each user, and the connected members of each room.
//! `presence.rs` decides whether a user is online or away.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use socketio::{Socket, SocketId};
use tokio::time::Instant;

use super::ConnectedUser;
use super::remote_presence::RemotePresence;
use crate::chat::member::Presence;
use crate::chat::session::SessionId;
use crate::chat::user::{Privacy, UserKind};
use crate::ids::{RoomId, UserId};

/// How long an ended session is remembered: longer than any handshake that found it alive can take.
const REMEMBER_ENDED: Duration = Duration::from_secs(600);

#[derive(Default)]
pub struct Connections(pub(super) Mutex<Inner>);

#[derive(Default)]
pub(super) struct Inner {
    /// Boxed, as a table of thousands is half empty.
    pub(super) users: HashMap<UserId, Box<Entry>>,
    /// The connected members of each room, connected to this room or to another.
    watchers: HashMap<RoomId, HashSet<UserId>>,
    /// Users who are connected to other nodes.
    pub(super) remote: HashMap<UserId, RemotePresence>,
    /// Users whose presence may differ from what was last sent.
    pub(super) changed: HashSet<UserId>,
    /// Sessions that ended recently, and when.
    ended: HashMap<SessionId, Instant>,
}

#[derive(Default)]
pub(super) struct Entry {
    pub(super) sockets: Vec<Socket>,
    /// The rooms of which the user is a member.
    pub(super) rooms: Vec<RoomId>,
    /// Those of them that a stranger has opened, and the user has not accepted: the stranger does not learn that the user
    /// is there.
    pub(super) requests: Vec<RoomId>,
    pub(super) privacy: Privacy,
    /// The presence that was last sent, as far as this node knows it.
    pub(super) sent: Option<Presence>,
    /// When the last socket closed; a reload of a page is not an absence.
    pub(super) left_at: Option<Instant>,
    /// The presence until then. Others may have seen it on a page without being sent it.
    pub(super) last: Presence,
    /// Incremented with each room that the user leaves or accepts, or a stranger opens, and each change of `privacy`.
    pub(super) version: u64,
}

/// What is read from the database of a user who has connected.
#[derive(Debug)]
pub struct KnownUser {
    pub rooms: Vec<RoomId>,
    /// The direct rooms that strangers have opened and the user has not accepted.
    pub requests: Vec<RoomId>,
    pub privacy: Privacy,
}

impl Entry {
    pub(super) fn set_privacy(&mut self, privacy: Privacy) {
        self.privacy = privacy;
        for user in self.sockets.iter().filter_map(|socket| socket.data::<ConnectedUser>()) {
            *user.privacy.write() = privacy;
        }
    }

    /// The rooms whose other members see whether the user is there.
    pub(super) fn shown_rooms(&self) -> Vec<RoomId> {
        self.rooms.iter().filter(|room| !self.requests.contains(room)).copied().collect()
    }
}

impl Connections {
    /// Counts the users with an open socket.
    pub fn user_count(&self) -> usize {
        self.0.lock().users.values().filter(|user| !user.sockets.is_empty()).count()
    }

    pub fn add(&self, user_id: UserId, socket: Socket) {
        let mut inner = self.0.lock();
        // Hidden until `load_presence` says otherwise.
        let entry = inner
            .users
            .entry(user_id)
            .or_insert_with(|| Box::new(Entry { privacy: Privacy::HIDDEN, ..Entry::default() }));
        // Most users have one tab open; a vector that grows by itself would start at four.
        entry.sockets.reserve_exact(1);
        entry.sockets.push(socket);
        entry.left_at = None;
        inner.changed.insert(user_id);
    }

    /// Returns the version of what is known of a user, for [`Connections::load_presence`].
    pub fn version(&self, user_id: UserId) -> u64 {
        self.0.lock().users.get(&user_id).map_or(0, |entry| entry.version)
    }

    /// Notes what was read of a user from the database at a version. Returns `false` if something has changed since, so
    /// that it must be read again.
    pub fn load_presence(&self, user_id: UserId, version: u64, known: KnownUser) -> bool {
        let mut inner = self.0.lock();
        let Some(entry) = inner.users.get_mut(&user_id) else { return true };
        if entry.version != version {
            return false;
        }
        entry.set_privacy(known.privacy);
        entry.requests = known.requests;
        for room_id in known.rooms {
            inner.watch(room_id, user_id);
        }
        inner.changed.insert(user_id);
        true
    }

    pub fn remove(&self, user_id: UserId, id: SocketId) {
        let mut inner = self.0.lock();
        let Some(entry) = inner.users.get_mut(&user_id) else { return };
        let presence = entry.presence();
        entry.sockets.retain(|socket| socket.id() != id);
        if entry.sockets.is_empty() {
            (entry.left_at, entry.last) = (Some(Instant::now()), presence);
        }
        inner.changed.insert(user_id);
    }

    /// Closes the connections of sessions that have ended.
    pub fn end_sessions(&self, user_id: UserId, ended: &[SessionId]) {
        let now = Instant::now();
        self.0.lock().ended.extend(ended.iter().map(|id| (*id, now)));
        for socket in self.sockets(user_id) {
            if let Some(user) = socket.data::<ConnectedUser>().filter(|user| ended.contains(&user.session_id)) {
                user.has_ended.store(true, Ordering::Release);
                socket.disconnect_and_close();
            }
        }
    }

    /// Whether a session ended recently. A handshake that found it alive asks again after [`Connections::add`]; if
    /// the session ends after that, its socket is found.
    pub fn has_ended(&self, id: SessionId) -> bool {
        self.0.lock().ended.contains_key(&id)
    }

    /// Forgets sessions that ended long ago.
    pub fn forget_ended(&self) {
        self.0.lock().ended.retain(|_, at| at.elapsed() < REMEMBER_ENDED);
    }

    /// Returns from where the connected users come.
    pub fn origins(&self) -> Vec<(UserId, UserKind, IpAddr)> {
        let inner = self.0.lock();
        let sockets = inner.users.values().filter_map(|entry| entry.sockets.last());
        let users = sockets.filter_map(|socket| socket.data::<ConnectedUser>());
        users.map(|user| (user.id, user.profile().kind, user.address)).collect()
    }

    /// Returns the sessions with open sockets, and their users.
    pub fn sessions(&self) -> HashMap<SessionId, UserId> {
        let inner = self.0.lock();
        let sockets = inner.users.values().flat_map(|entry| &entry.sockets);
        let users = sockets.filter_map(|socket| socket.data::<ConnectedUser>());
        users.map(|user| (user.session_id, user.id)).collect()
    }

    pub fn sockets(&self, user_id: UserId) -> Vec<Socket> {
        self.0.lock().users.get(&user_id).map(|entry| entry.sockets.clone()).unwrap_or_default()
    }

    pub(super) fn joined(&self, room_id: RoomId, user_id: UserId) {
        self.0.lock().watch(room_id, user_id);
    }

    pub(super) fn left(&self, room_id: RoomId, user_id: UserId) {
        let mut inner = self.0.lock();
        if let Some(entry) = inner.users.get_mut(&user_id) {
            entry.rooms.retain(|room| *room != room_id);
            entry.requests.retain(|room| *room != room_id);
            entry.version += 1;
        }
        inner.unwatch(room_id, user_id);
    }

    pub(super) fn room_removed(&self, room_id: RoomId) {
        let mut inner = self.0.lock();
        for user_id in inner.watchers.remove(&room_id).unwrap_or_default() {
            if let Some(entry) = inner.users.get_mut(&user_id) {
                entry.rooms.retain(|room| *room != room_id);
                entry.version += 1;
            }
        }
    }

    /// Returns how many members of a room are connected, to this room or to another.
    pub fn watcher_count(&self, room_id: RoomId) -> usize {
        self.0.lock().watchers.get(&room_id).map_or(0, HashSet::len)
    }

    /// Returns the members of a room who are connected, to this room or to another.
    pub fn watchers(&self, room_id: RoomId) -> Vec<UserId> {
        self.0.lock().watchers.get(&room_id).map(|users| users.iter().copied().collect()).unwrap_or_default()
    }

    /// Returns the members of a room who have a socket that is not in it.
    pub fn elsewhere(&self, room_id: RoomId) -> Vec<UserId> {
        let inner = self.0.lock();
        let Some(users) = inner.watchers.get(&room_id) else { return Vec::new() };
        let is_outside =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|user| !user.rooms.contains(room_id));
        let is_elsewhere = |id: &&UserId| inner.users.get(id).is_some_and(|entry| entry.sockets.iter().any(is_outside));
        users.iter().filter(is_elsewhere).copied().collect()
    }
}

impl Inner {
    fn watch(&mut self, room_id: RoomId, user_id: UserId) {
        let Some(entry) = self.users.get_mut(&user_id) else { return };
        if self.watchers.entry(room_id).or_default().insert(user_id) {
            entry.rooms.reserve_exact(1);
            entry.rooms.push(room_id);
        }
    }

    fn unwatch(&mut self, room_id: RoomId, user_id: UserId) {
        if let Some(users) = self.watchers.get_mut(&room_id) {
            users.remove(&user_id);
            if users.is_empty() {
                self.watchers.remove(&room_id);
            }
        }
    }

    pub(super) fn forget(&mut self, user_id: UserId) {
        let Some(entry) = self.users.remove(&user_id) else { return };
        for room_id in entry.rooms {
            self.unwatch(room_id, user_id);
        }
    }
}
