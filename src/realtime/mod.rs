//! What is true only now: each room's queue of what is to be heard, who is connected where, and
//! what has changed since it was last told.
//!
//! Nothing here is stored, and nothing here is asked whether somebody may: a restart forgets it
//! all and loses nothing.

mod changes;
mod connections;
mod label;
mod occupancy;
mod room;

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

pub use changes::{Changes, Crowd, Marks, News};
pub use connections::{ConnectedUser, Connections, PresenceChange, Rooms};
pub use label::Label;
pub use occupancy::{Departure, Departures};
pub use room::{Broadcaster, RoomEvent};

use crate::chat::Fact;
use crate::chat::user::User;
use crate::ids::{RoomId, UserId};
use occupancy::Occupancy;
use room::RoomState;

/// The queue of what concerns people and no room, so that it is told in order too.
const NO_ROOM: RoomId = RoomId::from_u128(0);

/// How long things take, in the live layer's words; see [`crate::config::Config`].
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub exit_grace: Duration,
    pub reservation: Duration,
    pub large_room: usize,
}

/// The live state of one node.
pub struct Realtime {
    timing: Timing,
    runtime: Handle,
    /// Who tells the sockets. Set once, when the sockets' door has been built: it needs this.
    broadcaster: OnceLock<Arc<dyn Broadcaster>>,
    /// Rooms with somebody in them or something to tell. Whatever may create a room here does so,
    /// and does its act, under this lock: so an idle room can be forgotten, and no room ever has
    /// two queues.
    rooms: Mutex<HashMap<RoomId, Arc<RoomState>>>,
    departures: Departures,
    /// How often somebody has come into a room.
    came: AtomicU64,
    /// Who is connected.
    pub connections: Connections,
    /// What the lobby and the rooms have not been told yet.
    pub changes: Changes,
    /// Wakes who works the outbox off. It keeps one call, so that none is lost between two looks.
    pub queued: Notify,
}

impl Realtime {
    pub fn new(timing: Timing, runtime: Handle) -> Arc<Self> {
        Arc::new(Self {
            timing,
            runtime,
            broadcaster: OnceLock::new(),
            rooms: Mutex::default(),
            departures: Departures::default(),
            came: AtomicU64::new(0),
            connections: Connections::default(),
            changes: Changes::default(),
            queued: Notify::new(),
        })
    }

    /// Says who tells the sockets; the first call counts.
    pub fn set_broadcaster(&self, broadcaster: Arc<dyn Broadcaster>) {
        let _ = self.broadcaster.set(broadcaster);
    }

    /// Takes committed facts, in commit order, into the queues of their rooms. Called by the
    /// writer between the commit and its answers; it never waits.
    pub fn publish(self: &Arc<Self>, facts: Vec<Fact>) {
        for fact in facts {
            if matches!(fact, Fact::Queued) {
                self.queued.notify_one();
                continue;
            }
            self.changes.note(&fact);
            match &fact {
                Fact::Joined { room_id, user, is_ephemeral } => {
                    self.connections.joined(*room_id, user.id);
                    if *is_ephemeral {
                        // Here and not at the door, which a client may leave before it is answered.
                        self.reserve_slot(*room_id, &Arc::new(User::clone(user)));
                    }
                }
                Fact::Left { room_id, user_id, .. } => self.connections.left(*room_id, *user_id),
                Fact::RoomRemoved { room_id, .. } => self.connections.removed(*room_id),
                _ => {}
            }
            self.push(fact.room_id().unwrap_or(NO_ROOM), RoomEvent::Fact(Box::new(fact)));
        }
    }

    /// Something may have been committed that is not told: whoever listens must come back and ask.
    /// Called by the writer before anything later is heard.
    pub fn resync(&self) {
        if let Some(broadcaster) = self.broadcaster.get() {
            broadcaster.resync();
        }
    }

    fn push(self: &Arc<Self>, room_id: RoomId, event: RoomEvent) {
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
        if room.push(event) {
            self.runtime.spawn(dispatch(Arc::clone(self), Arc::clone(room)));
        }
    }

    async fn dispatch(&self, room: Option<&RoomState>, event: RoomEvent) {
        if let RoomEvent::Barrier(waiter) = event {
            // Who waited may have gone away.
            let _ = waiter.send(());
            return;
        }
        if let Some(broadcaster) = self.broadcaster.get() {
            broadcaster.dispatch(room.map(|room| room.id), event).await;
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

    /// Waits while a room has more to tell than it may keep: whoever adds to it goes through here
    /// first, which is how sends slow down to what the members can take.
    pub async fn wait_for_space(&self, room_id: RoomId) {
        if let Some(room) = self.room(room_id) {
            room.until_space().await;
        }
    }

    /// Waits until all that is to be told in a room now has been told. Who joins again waits here,
    /// or the end of their first membership would end the second.
    pub async fn drained(self: &Arc<Self>, room_id: RoomId) {
        let (passed, has_passed) = oneshot::channel();
        self.push(room_id, RoomEvent::Barrier(passed));
        // An error means that the walker is gone, and with it all there was to wait for.
        let _ = has_passed.await;
    }

    // Presence.

    /// A socket of `user` came into a room. Who was not there before has come.
    pub fn joined(self: &Arc<Self>, room_id: RoomId, is_ephemeral: bool, user: &Arc<User>) {
        let came = {
            let mut rooms = self.rooms.lock();
            let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
            room.occupancy.lock().enter(user, is_ephemeral, self.came.fetch_add(1, Ordering::Relaxed) + 1)
        };
        if let Some(count) = came {
            self.changes.counted(room_id, count > self.timing.large_room);
            self.push(room_id, RoomEvent::CameOnline { user: Arc::clone(user), count });
        }
    }

    /// A socket of that person is gone. They stay for the grace of a reload.
    pub fn leave(&self, room_id: RoomId, user_id: UserId) {
        if let Some(room) = self.room(room_id) {
            let due = Instant::now() + self.timing.exit_grace;
            if room.occupancy.lock().leave(user_id, due) {
                self.departures.add(Departure { due, room_id, user_id });
            }
        }
    }

    /// Keeps a seat in an ephemeral room for who has no socket in it yet.
    pub fn reserve_slot(&self, room_id: RoomId, user: &Arc<User>) {
        let due = Instant::now() + self.timing.reservation;
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomState::new(room_id)));
        if room.occupancy.lock().hold(user, due) {
            self.departures.add(Departure { due, room_id, user_id: user.id });
        }
    }

    /// A membership has ended: the person is gone at once, with all sockets.
    pub fn remove(self: &Arc<Self>, room_id: RoomId, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let room = self.room(room_id)?;
        let (user, count) = room.occupancy.lock().remove(user_id)?;
        self.changes.counted(room_id, count > self.timing.large_room);
        Some((user, count))
    }

    /// A room is no more: nobody is in it.
    pub fn clear(&self, room_id: RoomId) {
        if let Some(room) = self.room(room_id) {
            *room.occupancy.lock() = Occupancy::default();
        }
    }

    /// Those whose grace is over by now, taken out of their rooms. In a lasting room they have
    /// gone offline and that is all; out of an ephemeral one they must exit: these are returned.
    pub fn depart(self: &Arc<Self>) -> Vec<(RoomId, UserId)> {
        let mut exits = Vec::new();
        for departure in self.departures.due(Instant::now()) {
            let Some(room) = self.room(departure.room_id) else { continue };
            let Some(gone) = room.occupancy.lock().depart(&departure) else { continue };
            if gone.was_online {
                self.changes.counted(departure.room_id, gone.count > self.timing.large_room);
                self.push(departure.room_id, RoomEvent::WentOffline { user: gone.user, count: gone.count });
            }
            if gone.is_ephemeral {
                exits.push((departure.room_id, departure.user_id));
            }
            self.forget_if_idle(departure.room_id);
        }
        exits
    }

    /// How many people are connected to a room.
    pub fn online_count(&self, room_id: RoomId) -> usize {
        self.room(room_id).map_or(0, |room| room.occupancy.lock().online())
    }

    pub fn is_online(&self, room_id: RoomId, user_id: UserId) -> bool {
        self.room(room_id).is_some_and(|room| room.occupancy.lock().is_online(user_id))
    }

    /// Some of the people connected to a room.
    pub fn online(&self, room_id: RoomId, most: usize) -> Vec<UserId> {
        self.room(room_id).map_or_else(Vec::new, |room| room.occupancy.lock().some_online(most))
    }

    /// The people connected to a room since the coming `until`, or now, and that number: asked again
    /// with it, only those are named who were there the first time.
    pub fn online_until(&self, room_id: RoomId, until: Option<u64>) -> (Vec<UserId>, u64) {
        let until = until.unwrap_or_else(|| self.came.load(Ordering::Relaxed));
        (self.room(room_id).map_or_else(Vec::new, |room| room.occupancy.lock().online_until(until)), until)
    }

    /// Whether a room has so many people online that it tells counts instead of names.
    pub fn is_large(&self, room_id: RoomId) -> bool {
        self.online_count(room_id) > self.timing.large_room
    }

    /// Rooms with somebody in them and how many, the busiest first.
    pub fn busiest(&self) -> Vec<(RoomId, usize)> {
        let rooms = self.rooms.lock();
        let counted = rooms.iter().map(|(id, room)| (*id, room.occupancy.lock().online()));
        let mut busy: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        drop(rooms);
        busy.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), std::cmp::Reverse(id)));
        busy
    }

    // Beacons.

    /// Notes up to where a room is told, for all (`None`) or for one person.
    pub fn note_rev(&self, room_id: RoomId, user_id: Option<UserId>, rev: i64) {
        if let Some(room) = self.room(room_id) {
            room.revs.lock().note(user_id, rev);
        }
    }

    /// The highest rev of the room that this person may see, as far as it was told here.
    pub fn visible_rev(&self, room_id: RoomId, user_id: UserId) -> i64 {
        self.room(room_id).map_or(0, |room| room.revs.lock().of(user_id))
    }

    /// Puts a beacon into the queue of each room with somebody in it.
    pub fn rev_heartbeat(self: &Arc<Self>) {
        for (room_id, _) in self.busiest() {
            self.push(room_id, RoomEvent::RevHeartbeat);
        }
    }
}

/// Tells what happens in one room, in order, until there is nothing left to tell.
async fn dispatch(realtime: Arc<Realtime>, room: Arc<RoomState>) {
    // Whoever said something is answered before a thousand others hear it: with few cores the answer
    // would else wait behind them.
    tokio::task::yield_now().await;
    while let Some(event) = room.pop() {
        let mut told = pin!(realtime.dispatch(Some(&room), event));
        // A panic costs one telling and not the room: who comes back resumes.
        let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| told.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        if caught.await.is_err() {
            tracing::error!(room = %room.id, "telling what happened panicked");
        }
    }
    realtime.forget_if_idle(room.id);
}
