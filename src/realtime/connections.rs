//! The people who are connected: their sockets, the rooms they are members of, and whether they
//! are there, away or gone.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use socketio::{Socket, SocketId};
use tokio::time::Instant;

use crate::chat::member::Presence;
use crate::chat::session::SessionId;
use crate::chat::user::User;
use crate::i18n::Lang;
use crate::ids::{RoomId, UserId};

/// Whose socket it is: kept with each socket of the rooms' namespace.
#[derive(Debug)]
pub struct ConnectedUser {
    pub id: UserId,
    pub user: RwLock<Arc<User>>,
    /// The rooms this socket is in, for when it is gone: the sockets' own list is empty by then.
    pub rooms: Rooms,
    pub session_id: SessionId,
    pub lang: Lang,
    /// Whether messages come with the HTML of our own pages.
    pub wants_html: bool,
    pub address: IpAddr,
    /// Whether nobody looks at this screen.
    pub is_away: AtomicBool,
    /// Whether the session has ended, so that nothing more is done for it while it closes.
    pub has_ended: AtomicBool,
}

impl ConnectedUser {
    /// The person as they are now.
    pub fn user(&self) -> Arc<User> {
        Arc::clone(&self.user.read())
    }
}

/// The rooms of a socket, each with the rev at which its person became a member.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<Vec<(RoomId, i64)>>);

impl Rooms {
    pub fn contains(&self, room_id: RoomId) -> bool {
        self.joined_rev(room_id).is_some()
    }

    /// When the membership began, if the socket is in the room.
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
        // Nearly every socket is in one room; a vector that grows by itself would start at four.
        rooms.reserve_exact(1);
        rooms.push((room_id, joined_rev));
    }

    /// Says when the membership began, as far as is known now; `false` when the socket is not in the
    /// room any more.
    pub fn renew(&self, room_id: RoomId, joined_rev: i64) -> bool {
        let mut rooms = self.0.lock();
        let known = rooms.iter_mut().find(|(room, _)| *room == room_id);
        known.map(|(_, known)| *known = joined_rev).is_some()
    }

    /// Whether the socket was in the room.
    pub fn remove(&self, room_id: RoomId) -> bool {
        let mut rooms = self.0.lock();
        let before = rooms.len();
        rooms.retain(|(room, _)| *room != room_id);
        rooms.len() < before
    }

    /// Takes all of them out.
    pub fn take(&self) -> Vec<RoomId> {
        std::mem::take(&mut *self.0.lock()).into_iter().map(|(room_id, _)| room_id).collect()
    }
}

/// Who is connected, over all rooms.
#[derive(Default)]
pub struct Connections(Mutex<Inner>);

/// How long an ended session is remembered: longer than a handshake can take that found it alive.
const REMEMBERED: Duration = Duration::from_secs(600);

#[derive(Default)]
struct Inner {
    /// Rises with each change of who is connected and how.
    /// Boxed, as a table of thousands is half empty.
    people: HashMap<UserId, Box<Entry>>,
    /// Of each room those of its members who are connected, to this room or to another.
    watchers: HashMap<RoomId, HashSet<UserId>>,
    /// Whose presence may be another than was told.
    changed: HashSet<UserId>,
    /// Sessions that ended lately, and when.
    ended: HashMap<SessionId, Instant>,
}

#[derive(Default)]
struct Entry {
    sockets: Vec<Socket>,
    rooms: Vec<RoomId>,
    hides: bool,
    told: Option<Presence>,
    /// When the last socket went; a reload of a page is no absence.
    left_at: Option<Instant>,
}

impl Entry {
    fn presence(&self) -> Presence {
        let is_away =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|p| p.is_away.load(Ordering::Relaxed));
        match () {
            () if self.hides => Presence::Offline,
            // Within the grace of a reload nothing has changed yet.
            () if self.sockets.is_empty() => self.told.unwrap_or(Presence::Offline),
            () if self.sockets.iter().all(is_away) => Presence::Away,
            () => Presence::Online,
        }
    }
}

/// Somebody's presence as others are to be told now.
#[derive(Debug)]
pub struct PresenceChange {
    pub user_id: UserId,
    pub presence: Presence,
    /// Whether they have gone just now, and do not hide it.
    pub has_gone: bool,
    pub rooms: Vec<RoomId>,
}

impl Connections {
    pub fn add(&self, user_id: UserId, socket: Socket) {
        let mut inner = self.0.lock();
        let entry = inner.people.entry(user_id).or_default();
        // Nearly everybody has one tab open; a vector that grows by itself would start at four.
        entry.sockets.reserve_exact(1);
        entry.sockets.push(socket);
        entry.left_at = None;
        inner.changed.insert(user_id);
    }

    /// Learns of which rooms somebody is a member, and whether they hide their presence: read from
    /// the store after [`Connections::add`], so that what changes meanwhile is heard.
    pub fn acquaint(&self, user_id: UserId, rooms: Vec<RoomId>, hides: bool) {
        let mut inner = self.0.lock();
        let Some(entry) = inner.people.get_mut(&user_id) else { return };
        entry.hides = hides;
        for room_id in rooms {
            inner.watch(room_id, user_id);
        }
    }

    pub fn remove(&self, user_id: UserId, id: SocketId) {
        let mut inner = self.0.lock();
        let Some(entry) = inner.people.get_mut(&user_id) else { return };
        entry.sockets.retain(|socket| socket.id() != id);
        if entry.sockets.is_empty() {
            entry.left_at = Some(Instant::now());
        }
        inner.changed.insert(user_id);
    }

    /// Closes the connections of sessions that have ended: their sockets may not come back.
    pub fn end_sessions(&self, user_id: UserId, ended: &[SessionId]) {
        let now = Instant::now();
        self.0.lock().ended.extend(ended.iter().map(|id| (*id, now)));
        for socket in self.sockets(user_id) {
            if let Some(person) = socket.data::<ConnectedUser>().filter(|person| ended.contains(&person.session_id)) {
                person.has_ended.store(true, Ordering::Release);
                socket.disconnect_and_close();
            }
        }
    }

    /// Whether a session ended lately: asked after [`Connections::add`] by who found it alive before. If
    /// it ends after that, its socket is found.
    pub fn has_ended(&self, id: SessionId) -> bool {
        self.0.lock().ended.contains_key(&id)
    }

    /// Forgets sessions that ended long ago.
    pub fn forget_ended(&self) {
        self.0.lock().ended.retain(|_, at| at.elapsed() < REMEMBERED);
    }

    /// The sessions that sockets are open for, and whose.
    pub fn sessions(&self) -> HashMap<SessionId, UserId> {
        let inner = self.0.lock();
        let sockets = inner.people.values().flat_map(|entry| &entry.sockets);
        let people = sockets.filter_map(|socket| socket.data::<ConnectedUser>());
        people.map(|person| (person.session_id, person.id)).collect()
    }

    pub fn sockets(&self, user_id: UserId) -> Vec<Socket> {
        self.0.lock().people.get(&user_id).map(|entry| entry.sockets.clone()).unwrap_or_default()
    }

    // Rooms.

    pub(super) fn joined(&self, room_id: RoomId, user_id: UserId) {
        self.0.lock().watch(room_id, user_id);
    }

    pub(super) fn left(&self, room_id: RoomId, user_id: UserId) {
        let mut inner = self.0.lock();
        if let Some(entry) = inner.people.get_mut(&user_id) {
            entry.rooms.retain(|room| *room != room_id);
        }
        inner.unwatch(room_id, user_id);
    }

    pub(super) fn removed(&self, room_id: RoomId) {
        let mut inner = self.0.lock();
        for user_id in inner.watchers.remove(&room_id).unwrap_or_default() {
            if let Some(entry) = inner.people.get_mut(&user_id) {
                entry.rooms.retain(|room| *room != room_id);
            }
        }
    }

    /// How many members of a room are connected, to this room or to another.
    pub fn watching(&self, room_id: RoomId) -> usize {
        self.0.lock().watchers.get(&room_id).map_or(0, HashSet::len)
    }

    /// The members of a room who are connected.
    pub fn watchers(&self, room_id: RoomId) -> Vec<UserId> {
        self.0.lock().watchers.get(&room_id).map(|users| users.iter().copied().collect()).unwrap_or_default()
    }

    /// Those of the members of a room who are connected with a screen that does not show it.
    pub fn elsewhere(&self, room_id: RoomId) -> Vec<UserId> {
        let inner = self.0.lock();
        let Some(users) = inner.watchers.get(&room_id) else { return Vec::new() };
        let shows_another =
            |socket: &Socket| socket.data::<ConnectedUser>().is_some_and(|person| !person.rooms.contains(room_id));
        let is_elsewhere =
            |id: &&UserId| inner.people.get(id).is_some_and(|entry| entry.sockets.iter().any(shows_another));
        users.iter().filter(is_elsewhere).copied().collect()
    }

    // Presence.

    /// Whether somebody is there, as others may know it.
    pub fn presence(&self, user_id: UserId) -> Presence {
        self.0.lock().people.get(&user_id).map_or(Presence::Offline, |entry| entry.presence())
    }

    /// One of somebody's screens was looked at, or is no more.
    pub fn looked(&self, user_id: UserId) {
        self.0.lock().changed.insert(user_id);
    }

    /// Hides somebody's presence from now on, or shows it.
    pub fn hide(&self, user_id: UserId, hides: bool) {
        let mut inner = self.0.lock();
        if let Some(entry) = inner.people.get_mut(&user_id) {
            entry.hides = hides;
            inner.changed.insert(user_id);
        }
    }

    /// Whose presence is another than was told. Who is gone for longer than `grace` is forgotten.
    pub fn take_changed(&self, grace: Duration) -> Vec<PresenceChange> {
        let mut inner = self.0.lock();
        if inner.changed.is_empty() {
            return Vec::new();
        }
        let mut changes = Vec::new();
        for user_id in std::mem::take(&mut inner.changed) {
            let Some(entry) = inner.people.get_mut(&user_id) else { continue };
            let is_waiting = entry.left_at.is_some_and(|left_at| left_at.elapsed() < grace);
            let has_gone = entry.left_at.is_some() && !is_waiting;
            let presence = if has_gone { Presence::Offline } else { entry.presence() };
            let was = entry.told.replace(presence).unwrap_or(Presence::Offline);
            if was != presence {
                let (rooms, has_gone) = (entry.rooms.clone(), has_gone && !entry.hides);
                changes.push(PresenceChange { user_id, presence, has_gone, rooms });
            }
            if has_gone {
                inner.forget(user_id);
            } else if is_waiting {
                inner.changed.insert(user_id);
            }
        }
        changes
    }
}

impl Inner {
    fn watch(&mut self, room_id: RoomId, user_id: UserId) {
        let Some(entry) = self.people.get_mut(&user_id) else { return };
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

    fn forget(&mut self, user_id: UserId) {
        let Some(entry) = self.people.remove(&user_id) else { return };
        for room_id in entry.rooms {
            self.unwatch(room_id, user_id);
        }
    }
}
