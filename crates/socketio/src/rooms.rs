//! The rooms of a namespace, and how packets are sent to their members.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::Packet;
use crate::engine::session::{Closing, Session};
use crate::socket_id::SocketId;

/// Members sent to under one lock of a room.
const MEMBERS_PER_LOCK: usize = 64;
/// Members sent to before other tasks get their turn: a write uses up none of the runtime's budget.
const MEMBERS_PER_TURN: usize = 256;
/// Broadcasts held back for one member. A snapshot that takes longer than this many cannot catch up:
/// the session ends, to bound its memory.
const MAX_HELD: usize = 2_000;

/// What a room needs of a member: implemented by [`Socket`](crate::Socket).
pub(crate) trait RoomMember: Clone {
    fn id(&self) -> SocketId;
    fn label(&self) -> u64;
    fn session(&self) -> &Arc<Session>;
    fn is_connected(&self) -> bool;
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
/// Lock order: all rooms, the members of a room, the room slots of a member. Code that holds a
/// member's room slots must not lock the members of a room.
pub(crate) struct Rooms<M> {
    rooms: Mutex<HashMap<Arc<str>, Arc<Room<M>>>>,
}

pub(crate) struct Room<M> {
    name: Arc<str>,
    members: Mutex<Members<M>>,
}

/// Members in stable slots, so that a broadcast can release the lock and find its position again.
struct Members<M> {
    slots: Vec<Option<Entry<M>>>,
    free: Vec<u32>,
}

/// All that a broadcast needs of a member until it comes to the session's send queue: it reads the
/// slots in one stretch of memory, and then one other place for each member.
struct Entry<M> {
    member: M,
    session: Arc<Session>,
    label: u64,
    /// Whether the member was connected once. It remains so as long as it is in the room.
    is_connected: bool,
    /// The broadcasts held back, boxed as this is rare and short.
    held: Option<Box<Held>>,
    /// Broadcasts up to this position were in the snapshot, though they may be sent only now.
    after: u64,
}

#[derive(Default)]
struct Held(Vec<(u64, Packet)>);

/// A member's slot in a room.
pub(crate) struct RoomSlot<M> {
    room: Arc<Room<M>>,
    slot: u32,
}

impl<M> Clone for RoomSlot<M> {
    fn clone(&self) -> Self {
        Self { room: Arc::clone(&self.room), slot: self.slot }
    }
}

impl<M> RoomSlot<M> {
    pub(crate) fn room(&self) -> &str {
        &self.room.name
    }
}

impl<M: RoomMember> Entry<M> {
    fn new(member: &M, is_held: bool) -> Self {
        Self {
            member: member.clone(),
            session: Arc::clone(member.session()),
            label: member.label(),
            is_connected: false,
            held: is_held.then(Box::default),
            after: 0,
        }
    }

    fn is_connected(&mut self) -> bool {
        self.is_connected = self.is_connected || self.member.is_connected();
        self.is_connected
    }
}

impl<M> Default for Members<M> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<M> Members<M> {
    fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    fn insert(&mut self, entry: Entry<M>) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(entry);
                slot
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    // Grows by an eighth: twice the memory would remain unused in a large room.
                    self.slots.reserve_exact((self.slots.len() / 8).max(2));
                }
                self.slots.push(Some(entry));
                (self.slots.len() - 1) as u32
            }
        }
    }

    fn remove(&mut self, slot: u32) {
        if self.slots.get_mut(slot as usize).and_then(Option::take).is_some() {
            self.free.push(slot);
        }
        if self.len() == 0 {
            *self = Self::default();
        }
    }
}

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self { rooms: Mutex::default() }
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
                let room = Arc::new(Room { name: name.into(), members: Mutex::default() });
                rooms.insert(Arc::clone(&room.name), Arc::clone(&room));
                room
            }
        };
        let slot = room.members.lock().insert(Entry::new(member, is_held));
        let mut slots = member.room_slots().lock();
        // Most sockets are in one room and that of all sockets; by default the vector would start at four.
        slots.reserve_exact(1);
        slots.push(RoomSlot { room, slot });
    }

    /// Ends a hold; see [`Socket::release`](crate::Socket::release).
    pub(crate) fn release(&self, member: &M, name: &str, after: u64) {
        let slot = member.room_slots().lock().iter().find(|slot| slot.room() == name).cloned();
        let Some(RoomSlot { room, slot }) = slot else { return };
        // Sent under the lock: the next broadcast must not overtake the held ones.
        let mut members = room.members.lock();
        let Some(Some(entry)) = members.slots.get_mut(slot as usize) else { return };
        if entry.member.id() != member.id() {
            // It has left at this moment, and another member has the slot now.
            return;
        }
        entry.after = after;
        for (position, packet) in entry.held.take().unwrap_or_default().0 {
            if position > after && entry.is_connected() {
                entry.session.send(&packet);
            }
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
        let mut members = slot.room.members.lock();
        members.remove(slot.slot);
        if members.len() == 0 {
            rooms.remove(&slot.room.name);
        }
    }

    pub(crate) fn members(&self, room: &str) -> Vec<M> {
        let Some(room) = self.get(room) else { return Vec::new() };
        let members = room.members.lock();
        members.slots.iter().flatten().map(|entry| entry.member.clone()).collect()
    }
}

impl<M: RoomMember> Room<M> {
    pub(crate) fn len(&self) -> usize {
        self.members.lock().len()
    }

    /// Sends each member the packet that `pick` returns for it and its label, if any.
    ///
    /// It sends under the room's lock, a few members at a time: a member that leaves gets nothing
    /// afterwards, and one that is released gets the held broadcasts first.
    pub(crate) async fn send_to_members(
        &self,
        position: Option<u64>,
        pick: impl Fn(&M, u64) -> Option<Packet>,
        send: impl Fn(&Arc<Session>, &Packet),
    ) {
        let mut slot = 0;
        loop {
            {
                let mut members = self.members.lock();
                if slot >= members.slots.len() {
                    return;
                }
                let end = (slot + MEMBERS_PER_LOCK).min(members.slots.len());
                for entry in members.slots[slot..end].iter_mut().flatten() {
                    send_to(entry, position, &pick, &send);
                }
                slot = end;
            }
            if slot % MEMBERS_PER_TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}

fn send_to<M: RoomMember>(
    entry: &mut Entry<M>,
    position: Option<u64>,
    pick: &impl Fn(&M, u64) -> Option<Packet>,
    send: &impl Fn(&Arc<Session>, &Packet),
) {
    if position.is_some_and(|position| position <= entry.after) {
        return;
    }
    let Some(packet) = pick(&entry.member, entry.label) else { return };
    if let (Some(held), Some(position)) = (&mut entry.held, position) {
        if held.0.len() >= MAX_HELD {
            entry.session.close(Closing::Now(DisconnectReason::SlowClient));
        } else {
            held.0.push((position, packet));
        }
    } else if entry.is_connected() {
        send(&entry.session, &packet);
    }
}
