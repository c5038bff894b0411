//! The realtime state of this process: each room's queue of events, who is connected where, and changes that are
//! collected before they are sent.
//!
//! Nothing here is stored and nothing here checks rights: a restart forgets it all and loses nothing.

mod changes;
mod commit_order;
mod connected_user;
mod connections;
mod label;
mod node;
mod occupancy;
mod presence;
mod remote_presence;
mod room;
mod stays;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use crate::chat::Fact;
use crate::chat::node::NodeEvent;
use crate::chat::server_settings::SharedSettings;
use crate::chat::user::User;
use crate::ids::{RoomId, UserId};
use occupancy::Expiries;
use room::RoomState;

pub use changes::{Changes, Marks, Summary, UnreadChanges};
pub use commit_order::CommitOrder;
pub use connected_user::{ConnectedUser, Rooms};
pub use connections::{Connections, KnownUser};
pub use label::Label;
pub use presence::{NodePresence, PresenceChange, PresenceChanges};
pub use room::{Broadcaster, RoomEvent};

/// The queue of facts about users and no room, so that they are sent in order too.
const NO_ROOM: RoomId = RoomId::from_u128(0);

/// Times and sizes; see [`crate::config::Config`].
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub exit_grace: Duration,
    pub reservation: Duration,
    pub large_room: usize,
}

/// The realtime state of one process.
pub struct Realtime {
    timing: Timing,
    runtime: Handle,
    /// Sends to the sockets. Set once, when the socket server has been built: it needs this state.
    broadcaster: OnceLock<Arc<dyn Broadcaster>>,
    /// Rooms with somebody in them or something to send. Code that may create a room here does so, and does its work,
    /// under this lock. So an idle room can be forgotten, and no room ever has two queues.
    rooms: Mutex<HashMap<RoomId, Arc<RoomState>>>,
    expiries: Expiries,
    /// How many times a user has come online in a room.
    arrivals: AtomicU64,
    /// Who is connected.
    pub connections: Connections,
    /// What the lobby and the rooms have not been sent yet.
    pub changes: Changes,
    /// What the other nodes have not been sent yet. `None`: there are no others.
    announcements: Option<Mutex<Vec<NodeEvent>>>,
    /// Whether another node has asked who is in the rooms here, and who is present.
    rooms_wanted: AtomicBool,
    presences_wanted: AtomicBool,
    /// Wakes the worker of the outbox. It keeps one notification, so that none is lost between two looks.
    pub job_queued: Notify,
    /// What admins have set.
    settings: SharedSettings,
}

impl Realtime {
    /// Creates the state of a process; with `has_nodes` it shares the database with other nodes. Facts change `settings`.
    pub fn new(timing: Timing, runtime: Handle, has_nodes: bool, settings: SharedSettings) -> Arc<Self> {
        Arc::new(Self {
            timing,
            runtime,
            broadcaster: OnceLock::new(),
            rooms: Mutex::default(),
            expiries: Expiries::default(),
            arrivals: AtomicU64::new(0),
            connections: Connections::default(),
            changes: Changes::default(),
            announcements: has_nodes.then(Mutex::default),
            rooms_wanted: AtomicBool::new(false),
            presences_wanted: AtomicBool::new(false),
            job_queued: Notify::new(),
            settings,
        })
    }

    /// Sets the broadcaster; the first call counts.
    pub fn set_broadcaster(&self, broadcaster: Arc<dyn Broadcaster>) {
        let _ = self.broadcaster.set(broadcaster);
    }

    /// Puts committed facts, in commit order, into the queues of their rooms. It is called between the commit and its
    /// answers, and for the facts of other nodes. It never waits.
    pub fn publish(self: &Arc<Self>, facts: Vec<Fact>) {
        for fact in facts {
            if matches!(fact, Fact::Queued) {
                self.job_queued.notify_one();
                continue;
            }
            if let Fact::SettingsChanged(settings) = fact {
                self.settings.set(*settings);
                continue;
            }
            self.changes.note(&fact);
            match &fact {
                Fact::Joined { room_id, user, is_ephemeral } => {
                    self.connections.joined(*room_id, user.id);
                    if *is_ephemeral {
                        // Here and not in the request, which may end before it is answered.
                        self.reserve_slot(*room_id, &Arc::new(User::clone(user)));
                    }
                }
                Fact::Added { room, user_id, is_request: true } => {
                    // Other nodes may get an older list of requests after this fact.
                    if let Some(presence) = self.connections.requested(room.id, *user_id) {
                        self.announce_presence(presence);
                    }
                }
                Fact::Accepted { room_id, user_id } => {
                    self.accepted(*room_id, *user_id);
                    continue;
                }
                // Counted and sent within a second.
                Fact::ReportsChanged { .. } => continue,
                Fact::Left { room_id, user_id, .. } => self.connections.left(*room_id, *user_id),
                Fact::RoomRemoved { room_id, .. } => self.connections.room_removed(*room_id),
                Fact::SessionsEnded { user_id, sessions } => {
                    // The sockets end in tasks of the runtime, and the writer's thread is none of its own.
                    let _runtime = self.runtime.enter();
                    self.connections.end_sessions(*user_id, sessions);
                    continue;
                }
                _ => {}
            }
            self.push(fact.room_id().unwrap_or(NO_ROOM), RoomEvent::Fact(Box::new(fact)));
        }
    }

    /// Makes all clients reconnect, because something may have been committed that was not published. The writer
    /// calls it before it publishes anything later.
    pub fn resync(&self) {
        if let Some(broadcaster) = self.broadcaster.get() {
            broadcaster.resync();
        }
    }

    fn push(self: &Arc<Self>, room_id: RoomId, event: RoomEvent) {
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
        if room.push(event) {
            self.runtime.spawn(dispatch_all(Arc::clone(self), Arc::clone(room)));
        }
    }

    async fn dispatch(self: &Arc<Self>, room_id: RoomId, event: RoomEvent) {
        match event {
            // The waiter may have stopped waiting.
            RoomEvent::Barrier(waiter) => drop(waiter.send(())),
            RoomEvent::RemoteJoined { node, user, privacy, is_ephemeral } => {
                self.remote_joined(node, room_id, &user, privacy, is_ephemeral);
            }
            RoomEvent::RemoteLeft { node, user_id } => self.remote_left(node, room_id, user_id),
            RoomEvent::RemoteHidden { user_id, privacy } => self.hide_in(room_id, user_id, privacy),
            RoomEvent::NodeEnded { node } => self.left_with_node(node, room_id),
            event => {
                if let Some(broadcaster) = self.broadcaster.get() {
                    broadcaster.broadcast(Some(room_id), event).await;
                }
            }
        }
    }

    fn room(&self, room_id: RoomId) -> Option<Arc<RoomState>> {
        self.rooms.lock().get(&room_id).cloned()
    }

    fn forget_if_idle(&self, room_id: RoomId) {
        let mut rooms = self.rooms.lock();
        if rooms.get(&room_id).is_some_and(|room| room.is_idle()) {
            rooms.remove(&room_id);
        }
    }

    /// Waits while a room's queue is full. Every act that adds to the queue waits here first, so that senders slow
    /// down to the speed of the members.
    pub async fn wait_for_space(&self, room_id: RoomId) {
        if let Some(room) = self.room(room_id) {
            room.wait_for_space().await;
        }
    }

    /// Waits until everything that is in a room's queue now has been sent. A user who joins again waits here;
    /// otherwise the end of their first membership would end the second.
    pub async fn drained(self: &Arc<Self>, room_id: RoomId) {
        let (barrier, passed) = oneshot::channel();
        self.push(room_id, RoomEvent::Barrier(barrier));
        // An error means that the dispatch loop is gone, so there is nothing to wait for.
        let _ = passed.await;
    }

    /// Returns how many users are online in a room.
    pub fn online_count(&self, room_id: RoomId) -> usize {
        self.room(room_id).map_or(0, |room| room.occupancy.lock().online_count())
    }

    pub fn is_online(&self, room_id: RoomId, user_id: UserId) -> bool {
        self.room(room_id).is_some_and(|room| room.occupancy.lock().is_online(user_id))
    }

    /// Like [`Realtime::is_online`], as others see it: not for users who hide their presence.
    pub fn is_visible(&self, room_id: RoomId, user_id: UserId) -> bool {
        self.room(room_id).is_some_and(|room| room.occupancy.lock().is_visible(user_id))
    }

    /// Returns at most `max` of the users online in a room.
    pub fn online(&self, room_id: RoomId, max: usize) -> Vec<UserId> {
        self.room(room_id).map_or_else(Vec::new, |room| room.occupancy.lock().online(max))
    }

    /// Returns the users online in a room who arrived no later than `until` (by default, now), and that number. A
    /// second call with it returns only users who were online at the first.
    pub fn online_until(&self, room_id: RoomId, until: Option<u64>) -> (Vec<UserId>, u64) {
        let until = until.unwrap_or_else(|| self.arrivals.load(Ordering::Relaxed));
        (self.room(room_id).map_or_else(Vec::new, |room| room.occupancy.lock().online_until(until)), until)
    }

    /// Returns how many users are connected to a room, with those who hide their presence.
    pub fn connected_count(&self, room_id: RoomId) -> usize {
        self.room(room_id).map_or(0, |room| room.occupancy.lock().connected_count())
    }

    /// Whether so many users are connected that the room is sent counts instead of names.
    pub fn is_large(&self, room_id: RoomId) -> bool {
        self.connected_count(room_id) > self.timing.large_room
    }

    /// Returns the rooms with users online and how many, the busiest first.
    pub fn busiest(&self) -> Vec<(RoomId, usize)> {
        let rooms = self.rooms.lock();
        let counted = rooms.iter().map(|(id, room)| (*id, room.occupancy.lock().online_count()));
        let mut busy: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        drop(rooms);
        busy.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), std::cmp::Reverse(id)));
        busy
    }

    /// Notes up to which rev a room was sent, to everybody (`None`) or to one user.
    pub fn note_rev(&self, room_id: RoomId, user_id: Option<UserId>, rev: i64) {
        if let Some(room) = self.room(room_id) {
            room.revs.lock().note(user_id, rev);
        }
    }

    /// Returns the highest rev of a room that was sent to this user.
    pub fn visible_rev(&self, room_id: RoomId, user_id: UserId) -> i64 {
        self.room(room_id).map_or(0, |room| room.revs.lock().of(user_id))
    }

    /// Puts a rev heartbeat into the queue of each room with users online.
    pub fn rev_heartbeat(self: &Arc<Self>) {
        for (room_id, _) in self.busiest() {
            self.push(room_id, RoomEvent::RevHeartbeat);
        }
    }
}

/// The dispatch loop of one room: sends its events in order until none is left.
async fn dispatch_all(realtime: Arc<Realtime>, room: Arc<RoomState>) {
    // The ack is sent before a thousand others get the message: with few cores it would wait behind them.
    tokio::task::yield_now().await;
    while let Some(event) = room.pop() {
        let dispatch = AssertUnwindSafe(realtime.dispatch(room.id, event));
        // A panic loses one event and not the room: clients that reconnect resume.
        if dispatch.catch_unwind().await.is_err() {
            tracing::error!(room = %room.id, "dispatching an event panicked");
        }
    }
    realtime.forget_if_idle(room.id);
}
