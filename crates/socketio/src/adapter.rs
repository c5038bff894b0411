//! Rooms: the adapter that keeps them, and the one that keeps them in this process's memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::broadcast::{Broadcast, Recipient};
use crate::engine::Engine;
use crate::namespace::BoxFuture;
use crate::payload::Packet;
use crate::peer::Reason;
use crate::session::Session;
use crate::socket::{Phase, Socket, SocketId};

/// Members written to under one hold of a room's lock.
const MEMBERS_PER_LOCK: usize = 64;
/// Members written to before other tasks get their turn: a write costs the runtime no budget.
const MEMBERS_PER_TURN: usize = 256;
/// Members up to whom packets wait for company. In a larger room to come back to each would cost more
/// than it spares.
const SMALL_ROOM: usize = 16;
/// Broadcasts held back for one socket in one room; a snapshot that takes longer than this many
/// has lost its race, and the session ends rather than its memory.
const MAX_HELD: usize = 2_000;

/// Where rooms are kept and how broadcasts reach them.
///
/// Contract: a broadcast that begins after `join` returned reaches the socket; one that begins
/// after `leave` returned does not. Broadcasts to one room that are awaited one after the other
/// arrive in that order. An adapter that joins several nodes forwards [`Content::Same`](crate::Content::Same) and runs
/// [`Content::PerSocket`](crate::Content::PerSocket) for its own sockets only, as closures do not travel.
pub trait Adapter: Send + Sync + 'static {
    /// Lets a socket into a room, its numbered broadcasts held back if `held`. A second join of
    /// the same room changes nothing.
    fn join(&self, socket: &Socket, room: &str, held: bool);

    /// Ends a hold; see [`Socket::release`].
    fn release(&self, socket: &Socket, room: &str, after: u64);

    /// Takes a socket out of a room; of one it is not in, nothing.
    fn leave(&self, socket: &Socket, room: &str);

    /// Takes a socket out of all its rooms. It may be called more than once, and behind its end.
    fn leave_all(&self, socket: &Socket);

    /// The sockets of this process in a room.
    fn sockets(&self, room: &str) -> Vec<Socket>;

    /// Sends to all members of the broadcast's rooms, each once.
    fn broadcast<'a>(&'a self, broadcast: &'a Broadcast<'a>) -> BoxFuture<'a, ()>;
}

/// Rooms in memory.
///
/// Locks are taken in this order: all rooms, the members of one, the seats of a socket. A walk
/// holds the members while it asks a socket which rooms it is in, so nobody may hold a socket's
/// seats and wait for members.
#[derive(Default)]
pub struct MemoryAdapter {
    rooms: Mutex<HashMap<Arc<str>, Arc<Room>>>,
}

/// A room's members in stable slots, so that a walk can let go of the lock and find its place again.
pub(crate) struct Room {
    name: Arc<str>,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    slots: Vec<Option<Member>>,
    free: Vec<u32>,
}

/// All that a broadcast needs of a member before it comes to the session's outlet: so a walk reads one
/// stretch of memory and then one place for each.
struct Member {
    socket: Socket,
    session: Arc<Session>,
    label: u64,
    /// Whether the socket was found connected. It is so from then on for as long as it sits here.
    is_connected: bool,
    /// The broadcasts held back, boxed as it is rare and short.
    held: Option<Box<Held>>,
    /// What is numbered up to here was in the snapshot, though it may be told only now.
    after: u64,
}

impl Member {
    fn new(socket: &Socket, held: bool) -> Self {
        Self {
            socket: socket.clone(),
            session: Arc::clone(socket.session()),
            label: socket.label(),
            is_connected: false,
            held: held.then(Box::default),
            after: 0,
        }
    }

    fn send(&mut self, packet: &Packet, is_corked: bool) {
        self.is_connected = self.is_connected || self.socket.is_connected();
        match (self.is_connected, is_corked) {
            (true, true) => self.session.send_corked(packet),
            (true, false) => self.session.send(packet),
            (false, _) => {}
        }
    }
}

#[derive(Default)]
struct Held(Vec<(u64, Packet)>);

/// A socket's place in a room.
#[derive(Clone)]
pub(crate) struct Seat {
    room: Arc<Room>,
    slot: u32,
}

impl Seat {
    pub(crate) fn is_in(&self, room: &str) -> bool {
        &*self.room.name == room
    }
}

impl Members {
    fn is_empty(&self) -> bool {
        self.slots.len() == self.free.len()
    }

    /// The engine of the members, where they are not few.
    fn engine_of_many(&self) -> Option<Arc<Engine>> {
        let any = self.slots.iter().flatten().next().filter(|_| !self.is_small());
        any.map(|member| Arc::clone(&member.session.engine))
    }

    fn is_small(&self) -> bool {
        self.slots.len() - self.free.len() <= SMALL_ROOM
    }

    fn insert(&mut self, member: Member) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(member);
                slot
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    // By an eighth: twice as much would in a large room lie there for nobody.
                    self.slots.reserve_exact((self.slots.len() / 8).max(2));
                }
                self.slots.push(Some(member));
                (self.slots.len() - 1) as u32
            }
        }
    }

    fn remove(&mut self, slot: u32) {
        if self.slots.get_mut(slot as usize).and_then(Option::take).is_some() {
            self.free.push(slot);
        }
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

impl MemoryAdapter {
    fn room(&self, name: &str) -> Option<Arc<Room>> {
        self.rooms.lock().get(name).cloned()
    }

    /// Seats the socket in a room, which is made if it is not there.
    fn seat(&self, socket: &Socket, name: &str, held: bool) {
        let mut rooms = self.rooms.lock();
        if socket.is_in(name) {
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
        let slot = room.members.lock().insert(Member::new(socket, held));
        let mut seats = socket.0.seats.lock();
        // Most sockets are in one room besides that of everybody; by itself the vector would start at four.
        seats.reserve_exact(1);
        seats.push(Seat { room, slot });
    }

    /// Takes the socket out of its seat and forgets a room that is empty.
    fn vacate(&self, seat: &Seat) {
        let mut rooms = self.rooms.lock();
        let mut members = seat.room.members.lock();
        members.remove(seat.slot);
        if members.is_empty() {
            rooms.remove(&seat.room.name);
        }
    }
}

impl Adapter for MemoryAdapter {
    fn join(&self, socket: &Socket, name: &str, held: bool) {
        self.seat(socket, name, held);
        // A socket that ended in between has left all its rooms already, and must leave this one.
        if matches!(socket.0.state.lock().phase, Phase::Ended(_)) {
            self.leave_all(socket);
        }
    }

    fn release(&self, socket: &Socket, name: &str, after: u64) {
        let seat = socket.0.seats.lock().iter().find(|seat| seat.is_in(name)).cloned();
        let Some(Seat { room, slot }) = seat else { return };
        // Sent under the lock: the next broadcast must not pass those that were held.
        let mut members = room.members.lock();
        let Some(Some(member)) = members.slots.get_mut(slot as usize) else { return };
        if member.socket.id() != socket.id() {
            // It has left in this very moment, and another sits there now.
            return;
        }
        member.after = after;
        for (position, packet) in member.held.take().unwrap_or_default().0 {
            if position > after {
                member.send(&packet, false);
            }
        }
    }

    fn leave(&self, socket: &Socket, name: &str) {
        let seat = {
            let mut seats = socket.0.seats.lock();
            let place = seats.iter().position(|seat| seat.is_in(name));
            place.map(|place| seats.swap_remove(place))
        };
        if let Some(seat) = seat {
            self.vacate(&seat);
        }
    }

    fn leave_all(&self, socket: &Socket) {
        let seats = std::mem::take(&mut *socket.0.seats.lock());
        seats.iter().for_each(|seat| self.vacate(seat));
    }

    fn sockets(&self, room: &str) -> Vec<Socket> {
        let Some(room) = self.room(room) else { return Vec::new() };
        let members = room.members.lock();
        members.slots.iter().flatten().map(|member| member.socket.clone()).collect()
    }

    fn broadcast<'a>(&'a self, broadcast: &'a Broadcast<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let seen = (broadcast.rooms.len() > 1).then(Mutex::default);
            for name in &broadcast.rooms {
                if let Some(room) = self.room(name) {
                    walk(&room, broadcast, seen.as_ref()).await;
                }
            }
        })
    }
}

/// Writes to each member of a room. The writes happen under the room's lock, a few at a time: so
/// a socket that leaves gets nothing after, and one that is released gets what was held first.
async fn walk(room: &Room, broadcast: &Broadcast<'_>, seen: Option<&Mutex<HashSet<SocketId>>>) {
    let mut slot = 0;
    let engine = room.members.lock().engine_of_many();
    if let Some(engine) = engine {
        // An answer that waits for company leaves before a thousand others are written to.
        engine.corks.write_now();
    }
    loop {
        {
            let mut members = room.members.lock();
            if slot >= members.slots.len() {
                return;
            }
            let is_small = members.is_small();
            let end = (slot + MEMBERS_PER_LOCK).min(members.slots.len());
            for member in members.slots[slot..end].iter_mut().flatten() {
                if seen.is_none_or(|seen| seen.lock().insert(member.socket.id())) {
                    deliver(member, broadcast, is_small);
                }
            }
            slot = end;
        }
        if slot % MEMBERS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn deliver(member: &mut Member, broadcast: &Broadcast<'_>, is_corked: bool) {
    if broadcast.position.is_some_and(|position| position <= member.after) {
        return;
    }
    let recipient = Recipient { socket: &member.socket, label: member.label };
    let Some(packet) = broadcast.packet_for(&recipient) else { return };
    match (&mut member.held, broadcast.position) {
        (Some(held), Some(_)) if held.0.len() >= MAX_HELD => {
            member.session.close(Reason::SlowReader);
        }
        (Some(held), Some(position)) => held.0.push((position, packet)),
        _ => member.send(&packet, is_corked),
    }
}
