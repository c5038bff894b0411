//! What is true only now: each room's queue of what is to be heard, who is connected where, and
//! what has changed since it was last told.
//!
//! Nothing here is stored, and nothing here is asked whether somebody may: a restart forgets it
//! all and loses nothing.

mod changes;
mod label;
mod people;
mod presence;
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
pub use label::Label;
pub use people::{People, Person, PresenceChange, Rooms};
pub use presence::{Departure, Departures};
pub use room::{Happening, World};

use crate::chat::Fact;
use crate::chat::user::User;
use crate::ids::{RoomId, UserId};
use room::RoomLive;

/// The queue of what concerns people and no room, so that it is told in order too.
const NO_ROOM: RoomId = RoomId::from_u128(0);

/// How long things take, in the live layer's words; see [`crate::config::Config`].
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub exit_grace: Duration,
    pub seat_hold: Duration,
    pub crowd: usize,
}

/// The live state of one node.
pub struct Live {
    pace: Pace,
    runtime: Handle,
    /// Who tells the sockets. Set once, when the sockets' door has been built: it needs this.
    world: OnceLock<Arc<dyn World>>,
    /// Rooms with somebody in them or something to tell. Whatever may create a room here does so,
    /// and does its act, under this lock: so an idle room can be forgotten, and no room ever has
    /// two queues.
    rooms: Mutex<HashMap<RoomId, Arc<RoomLive>>>,
    departures: Departures,
    /// How often somebody has come into a room.
    came: AtomicU64,
    /// Rises after each change of who is in a room.
    generation: AtomicU64,
    /// Who is connected.
    pub people: People,
    /// What the lobby and the rooms have not been told yet.
    pub changes: Changes,
    /// Wakes who works the outbox off. It keeps one call, so that none is lost between two looks.
    pub queued: Notify,
}

impl Live {
    pub fn new(pace: Pace, runtime: Handle) -> Arc<Self> {
        Arc::new(Self {
            pace,
            runtime,
            world: OnceLock::new(),
            rooms: Mutex::default(),
            departures: Departures::default(),
            came: AtomicU64::new(0),
            generation: AtomicU64::new(0),
            people: People::default(),
            changes: Changes::default(),
            queued: Notify::new(),
        })
    }

    /// Says who tells the sockets; the first call counts.
    pub fn set_world(&self, world: Arc<dyn World>) {
        let _ = self.world.set(world);
    }

    /// Takes committed facts, in commit order, into the queues of their rooms. Called by the
    /// writer between the commit and its answers; it never waits.
    pub fn hear(self: &Arc<Self>, facts: Vec<Fact>) {
        for fact in facts {
            if matches!(fact, Fact::Queued) {
                self.queued.notify_one();
                continue;
            }
            self.changes.note(&fact);
            match &fact {
                Fact::Joined { room_id, user, is_ephemeral } => {
                    self.people.joined(*room_id, user.id);
                    if *is_ephemeral {
                        // Here and not at the door, which a client may leave before it is answered.
                        self.hold_seat(*room_id, &Arc::new(User::clone(user)));
                    }
                }
                Fact::Left { room_id, user_id, .. } => self.people.left(*room_id, *user_id),
                Fact::RoomRemoved { room_id, .. } => self.people.removed(*room_id),
                _ => {}
            }
            self.push(fact.room_id().unwrap_or(NO_ROOM), Happening::Fact(Box::new(fact)));
        }
    }

    /// Something may have been committed that is not told: whoever listens must come back and ask.
    /// Called by the writer before anything later is heard.
    pub fn doubt(&self) {
        if let Some(world) = self.world.get() {
            world.doubt();
        }
    }

    fn push(self: &Arc<Self>, room_id: RoomId, happening: Happening) {
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomLive::new(room_id)));
        if room.push(happening) {
            self.runtime.spawn(walk(Arc::clone(self), Arc::clone(room)));
        }
    }

    async fn tell(&self, room: Option<&RoomLive>, happening: Happening) {
        if let Happening::Passed(waiter) = happening {
            // Who waited may have gone away.
            let _ = waiter.send(());
            return;
        }
        if let Some(world) = self.world.get() {
            world.tell(room.map(|room| room.id), happening).await;
        }
    }

    fn room(&self, room_id: RoomId) -> Option<Arc<RoomLive>> {
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
    pub async fn room_to_tell(&self, room_id: RoomId) {
        if let Some(room) = self.room(room_id) {
            room.until_space().await;
        }
    }

    /// Waits until all that is to be told in a room now has been told. Who joins again waits here,
    /// or the end of their first membership would end the second.
    pub async fn passed(self: &Arc<Self>, room_id: RoomId) {
        let (passed, has_passed) = oneshot::channel();
        self.push(room_id, Happening::Passed(passed));
        // An error means that the walker is gone, and with it all there was to wait for.
        let _ = has_passed.await;
    }

    // Presence.

    /// Two numbers of which one is another after each change of who is connected and where.
    pub fn generation(&self) -> (u64, u64) {
        (self.generation.load(Ordering::Acquire), self.people.generation())
    }

    fn has_changed(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// A socket of `user` came into a room. Who was not there before has come.
    pub fn enter(self: &Arc<Self>, room_id: RoomId, is_ephemeral: bool, user: &Arc<User>) {
        let came = {
            let mut rooms = self.rooms.lock();
            let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomLive::new(room_id)));
            room.presence.lock().enter(user, is_ephemeral, self.came.fetch_add(1, Ordering::Relaxed) + 1)
        };
        self.has_changed();
        if let Some(count) = came {
            self.changes.counted(room_id, count > self.pace.crowd);
            self.push(room_id, Happening::Came { user: Arc::clone(user), count });
        }
    }

    /// A socket of that person is gone. They stay for the grace of a reload.
    pub fn leave(&self, room_id: RoomId, user_id: UserId) {
        if let Some(room) = self.room(room_id) {
            let due = Instant::now() + self.pace.exit_grace;
            if room.presence.lock().leave(user_id, due) {
                self.departures.add(Departure { due, room_id, user_id });
            }
            self.has_changed();
        }
    }

    /// Keeps a seat in an ephemeral room for who has no socket in it yet.
    pub fn hold_seat(&self, room_id: RoomId, user: &Arc<User>) {
        let due = Instant::now() + self.pace.seat_hold;
        let mut rooms = self.rooms.lock();
        let room = rooms.entry(room_id).or_insert_with(|| Arc::new(RoomLive::new(room_id)));
        if room.presence.lock().hold(user, due) {
            self.departures.add(Departure { due, room_id, user_id: user.id });
        }
        self.has_changed();
    }

    /// A membership has ended: the person is gone at once, with all sockets.
    pub fn remove(self: &Arc<Self>, room_id: RoomId, user_id: UserId) -> Option<(Arc<User>, usize)> {
        let room = self.room(room_id)?;
        let (user, count) = room.presence.lock().remove(user_id)?;
        self.has_changed();
        self.changes.counted(room_id, count > self.pace.crowd);
        Some((user, count))
    }

    /// A room is no more: nobody is in it.
    pub fn clear(&self, room_id: RoomId) {
        if let Some(room) = self.room(room_id) {
            *room.presence.lock() = presence::Presence::default();
            self.has_changed();
        }
    }

    /// Those whose grace is over by now, taken out of their rooms. In a lasting room they have
    /// gone offline and that is all; out of an ephemeral one they must exit: these are returned.
    pub fn depart(self: &Arc<Self>) -> Vec<(RoomId, UserId)> {
        let mut exits = Vec::new();
        for departure in self.departures.due(Instant::now()) {
            let Some(room) = self.room(departure.room_id) else { continue };
            let Some(gone) = room.presence.lock().depart(&departure) else { continue };
            self.has_changed();
            if gone.was_online {
                self.changes.counted(departure.room_id, gone.count > self.pace.crowd);
                self.push(departure.room_id, Happening::Went { user: gone.user, count: gone.count });
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
        self.room(room_id).map_or(0, |room| room.presence.lock().online())
    }

    pub fn is_online(&self, room_id: RoomId, user_id: UserId) -> bool {
        self.room(room_id).is_some_and(|room| room.presence.lock().is_online(user_id))
    }

    /// Some of the people connected to a room.
    pub fn online(&self, room_id: RoomId, most: usize) -> Vec<UserId> {
        self.room(room_id).map_or_else(Vec::new, |room| room.presence.lock().some_online(most))
    }

    /// The people connected to a room since the coming `until`, or now, and that number: asked again
    /// with it, only those are named who were there the first time.
    pub fn online_until(&self, room_id: RoomId, until: Option<u64>) -> (Vec<UserId>, u64) {
        let until = until.unwrap_or_else(|| self.came.load(Ordering::Relaxed));
        (self.room(room_id).map_or_else(Vec::new, |room| room.presence.lock().online_until(until)), until)
    }

    /// Whether a room has so many people online that it tells counts instead of names.
    pub fn is_crowded(&self, room_id: RoomId) -> bool {
        self.online_count(room_id) > self.pace.crowd
    }

    /// Rooms with somebody in them and how many, the busiest first.
    pub fn busiest(&self) -> Vec<(RoomId, usize)> {
        let rooms = self.rooms.lock();
        let counted = rooms.iter().map(|(id, room)| (*id, room.presence.lock().online()));
        let mut busy: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        drop(rooms);
        busy.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), std::cmp::Reverse(id)));
        busy
    }

    // Beacons.

    /// Notes up to where a room is told, for all (`None`) or for one person.
    pub fn told(&self, room_id: RoomId, user_id: Option<UserId>, rev: i64) {
        if let Some(room) = self.room(room_id) {
            room.beacon.lock().told(user_id, rev);
        }
    }

    /// The highest rev of the room that this person may see, as far as it was told here.
    pub fn visible_rev(&self, room_id: RoomId, user_id: UserId) -> i64 {
        self.room(room_id).map_or(0, |room| room.beacon.lock().of(user_id))
    }

    /// Puts a beacon into the queue of each room with somebody in it.
    pub fn beacon(self: &Arc<Self>) {
        for (room_id, _) in self.busiest() {
            self.push(room_id, Happening::Beacon);
        }
    }
}

/// Tells what happens in one room, in order, until there is nothing left to tell.
async fn walk(live: Arc<Live>, room: Arc<RoomLive>) {
    // Whoever said something is answered before a thousand others hear it: with few cores the answer
    // would else wait behind them.
    tokio::task::yield_now().await;
    while let Some(happening) = room.pop() {
        let mut told = pin!(live.tell(Some(&room), happening));
        // A panic costs one telling and not the room: who comes back resumes.
        let caught = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| told.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        });
        if caught.await.is_err() {
            tracing::error!(room = %room.id, "telling what happened panicked");
        }
    }
    live.forget_if_idle(room.id);
}
