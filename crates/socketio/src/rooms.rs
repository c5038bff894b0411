//! The rooms of a namespace, and how packets are sent to their members.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::{iter, panic, thread};

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::engine::payload::Packet;
use crate::engine::session::Session;
use crate::members::{Member, Members, send_to_members};

/// With more members a room has shards. One core sends to so many in less than a millisecond.
const UNSHARDED: usize = 256;
/// The members that are worth a task of their own.
const MEMBERS_PER_TASK: usize = 128;

/// The cores that this process may use.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// What a room needs of a member: implemented by [`Socket`](crate::Socket).
pub(crate) trait RoomMember: Member {
    fn has_ended(&self) -> bool;
    /// Returns the member's slots in the rooms it is in.
    fn room_slots(&self) -> &Mutex<Vec<RoomSlot<Self>>>;
}

/// The rooms of a namespace.
///
/// A broadcast that begins after [`Rooms::join`] returned reaches the member; one that begins after
/// [`Rooms::leave`] returned does not. Broadcasts to one room that are awaited one after the other
/// arrive in that order.
///
/// Lock order: all rooms, the members of a shard, the room slots of a member. Code that holds a
/// member's room slots must not lock the members of a shard.
pub(crate) struct Rooms<M> {
    rooms: Mutex<HashMap<Arc<str>, Arc<Room<M>>>>,
}

/// A room. One with many members has several shards, which are sent to by several tasks at the same time. A member
/// stays in its shard, so it gets the broadcasts in their order.
pub(crate) struct Room<M> {
    name: Arc<str>,
    first: Shard<M>,
    /// Made when the first has become too large.
    others: OnceLock<Box<[Shard<M>]>>,
}

struct Shard<M> {
    /// How many members it has. Changed under the lock of all rooms.
    count: AtomicUsize,
    members: Mutex<Members<M>>,
}

/// A member's slot in a room.
pub(crate) struct RoomSlot<M> {
    room: Arc<Room<M>>,
    shard: u32,
    slot: u32,
}

impl<M> Clone for RoomSlot<M> {
    fn clone(&self) -> Self {
        Self { room: Arc::clone(&self.room), ..*self }
    }
}

impl<M> RoomSlot<M> {
    pub(crate) fn room(&self) -> &str {
        &self.room.name
    }

    fn shard(&self) -> &Shard<M> {
        self.room.shard(self.shard as usize)
    }
}

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self { rooms: Mutex::default() }
    }
}

impl<M> Default for Shard<M> {
    fn default() -> Self {
        Self { count: AtomicUsize::new(0), members: Mutex::default() }
    }
}

impl<M: RoomMember> Rooms<M> {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Room<M>>> {
        self.rooms.lock().get(name).cloned()
    }

    /// Adds a member to a room, its numbered broadcasts held back if `is_held`. A second join of the
    /// same room changes nothing.
    pub(crate) fn join(&self, member: &M, name: &str, is_held: bool) {
        self.insert(member, name, is_held);
        // A member that ended meanwhile has left all its rooms already, and must leave this one.
        if member.has_ended() {
            self.leave_all(member);
        }
    }

    fn insert(&self, member: &M, name: &str, is_held: bool) {
        let mut rooms = self.rooms.lock();
        if member.room_slots().lock().iter().any(|slot| slot.room() == name) {
            return;
        }
        let room = match rooms.get(name) {
            Some(room) => Arc::clone(room),
            None => {
                let room = Arc::new(Room::new(name));
                rooms.insert(Arc::clone(&room.name), Arc::clone(&room));
                room
            }
        };
        let (shard, slot) = room.insert(member, is_held);
        let mut slots = member.room_slots().lock();
        // Most sockets are in one room and that of all sockets; by default the vector would start at four.
        slots.reserve_exact(1);
        slots.push(RoomSlot { room, shard, slot });
    }

    /// Ends a hold; see [`Socket::release`](crate::Socket::release).
    pub(crate) fn release(&self, member: &M, name: &str, after: u64) {
        let slot = member.room_slots().lock().iter().find(|slot| slot.room() == name).cloned();
        if let Some(slot) = slot {
            // Sent under the lock: the next broadcast must not overtake the held ones.
            slot.shard().members.lock().release(member, slot.slot, after);
        }
    }

    /// Removes a member from a room, if it is in it.
    pub(crate) fn leave(&self, member: &M, name: &str) {
        let slot = {
            let mut slots = member.room_slots().lock();
            let index = slots.iter().position(|slot| slot.room() == name);
            index.map(|index| slots.swap_remove(index))
        };
        if let Some(slot) = slot {
            self.remove(&slot);
        }
    }

    /// Removes a member from all its rooms.
    pub(crate) fn leave_all(&self, member: &M) {
        let slots = std::mem::take(&mut *member.room_slots().lock());
        slots.iter().for_each(|slot| self.remove(slot));
    }

    /// Frees a slot, and drops the room if it is empty.
    fn remove(&self, slot: &RoomSlot<M>) {
        let mut rooms = self.rooms.lock();
        let shard = slot.shard();
        if shard.members.lock().remove(slot.slot) {
            shard.count.fetch_sub(1, Ordering::Relaxed);
        }
        if slot.room.len() == 0 {
            rooms.remove(&slot.room.name);
        }
    }

    pub(crate) fn members(&self, room: &str) -> Vec<M> {
        let Some(room) = self.get(room) else { return Vec::new() };
        let mut members = Vec::with_capacity(room.len());
        for shard in room.shards() {
            members.extend(shard.members.lock().all().cloned());
        }
        members
    }
}

impl<M> Room<M> {
    fn shard(&self, number: usize) -> &Shard<M> {
        number.checked_sub(1).and_then(|other| self.others.get()?.get(other)).unwrap_or(&self.first)
    }

    fn shards(&self) -> impl Iterator<Item = &Shard<M>> {
        iter::once(&self.first).chain(self.others.get().into_iter().flatten())
    }

    pub(crate) fn len(&self) -> usize {
        self.shards().map(|shard| shard.count.load(Ordering::Relaxed)).sum()
    }
}

impl<M: RoomMember> Room<M> {
    fn new(name: &str) -> Self {
        Self { name: name.into(), first: Shard::default(), others: OnceLock::new() }
    }

    /// Adds a member to the smallest shard. Returns the shard and the slot in it.
    fn insert(&self, member: &M, is_held: bool) -> (u32, u32) {
        if self.len() >= UNSHARDED {
            // At least two, so that it is the same on one core, where one task sends to both.
            self.others.get_or_init(|| iter::repeat_with(Shard::default).take((*CORES).max(2) - 1).collect());
        }
        let smallest = self.shards().enumerate().min_by_key(|(_, shard)| shard.count.load(Ordering::Relaxed));
        let (number, shard) = smallest.unwrap_or((0, &self.first));
        shard.count.fetch_add(1, Ordering::Relaxed);
        (number as u32, shard.members.lock().insert(member, is_held))
    }

    async fn send_to_shards<P>(
        &self,
        shards: impl Iterator<Item = &Shard<M>>,
        position: Option<u64>,
        pick: &Arc<P>,
        send: fn(&Arc<Session>, &Packet),
    ) where
        P: Fn(&M, u64) -> Option<Packet>,
    {
        for shard in shards {
            send_to_members(&shard.members, position, &**pick, send).await;
        }
    }

    /// Sends each member the packet that `pick` returns for it and its label, if any. Returns when all shards were
    /// sent to.
    pub(crate) async fn send_to_members<P>(
        self: &Arc<Self>,
        position: Option<u64>,
        pick: &Arc<P>,
        send: fn(&Arc<Session>, &Packet),
    ) where
        P: Fn(&M, u64) -> Option<Packet> + Send + Sync + 'static,
    {
        let count = (self.len() / MEMBERS_PER_TASK).clamp(1, *CORES);
        if count == 1 {
            return self.send_to_shards(self.shards(), position, pick, send).await;
        }
        // None is run here: the runtime keeps the task that was spawned last for this thread, and others take only those
        // before.
        let mut tasks = JoinSet::new();
        for first in 0..count {
            let (room, pick) = (Arc::clone(self), Arc::clone(pick));
            let share = async move {
                room.send_to_shards(room.shards().skip(first).step_by(count), position, &pick, send).await;
            };
            tasks.spawn(share.in_current_span());
        }
        while let Some(sent) = tasks.join_next().await {
            if let Err(error) = sent
                && let Ok(panicked) = error.try_into_panic()
            {
                panic::resume_unwind(panicked);
            }
        }
    }
}
