//! The members of a room, or of one shard of a large room, and how packets are sent to them in turn.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::disconnect_reason::DisconnectReason;
use crate::engine::payload::Packet;
use crate::engine::session::{Closing, Session};
use crate::socket_id::SocketId;

/// Members sent to under one lock.
const MEMBERS_PER_LOCK: usize = 64;
/// Members sent to before other tasks get their turn: a write uses up none of the runtime's budget.
const MEMBERS_PER_TURN: usize = 256;
/// Broadcasts held back for one member. A snapshot that takes longer than this many cannot catch up:
/// the session ends, to bound its memory.
const MAX_HELD: usize = 2_000;

/// What is needed of a member to send to it.
pub(crate) trait Member: Clone + Send + Sync + 'static {
    fn id(&self) -> SocketId;
    fn label(&self) -> u64;
    fn session(&self) -> &Arc<Session>;
    fn is_connected(&self) -> bool;
}

/// Members in stable slots, so that a broadcast can release the lock and find its position again.
pub(crate) struct Members<M> {
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

impl<M: Member> Entry<M> {
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

impl<M: Member> Members<M> {
    fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &M> {
        self.slots.iter().flatten().map(|entry| &entry.member)
    }

    /// Adds a member, its numbered broadcasts held back if `is_held`, and returns its slot.
    pub(crate) fn insert(&mut self, member: &M, is_held: bool) -> u32 {
        let entry = Entry::new(member, is_held);
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

    /// Frees a slot. Returns whether it had a member.
    pub(crate) fn remove(&mut self, slot: u32) -> bool {
        let had_member = self.slots.get_mut(slot as usize).and_then(Option::take).is_some();
        if had_member {
            self.free.push(slot);
        }
        if self.len() == 0 {
            *self = Self::default();
        }
        had_member
    }

    /// Sends the broadcasts that were held back for a member, and holds back no more.
    pub(crate) fn release(&mut self, member: &M, slot: u32, after: u64) {
        let Some(Some(entry)) = self.slots.get_mut(slot as usize) else { return };
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
}

/// Sends each member the packet that `pick` returns for it and its label, if any.
///
/// It sends under the lock, a few members at a time: a member that leaves gets nothing afterwards, and
/// one that is released gets the held broadcasts first.
pub(crate) async fn send_to_members<M: Member>(
    members: &Mutex<Members<M>>,
    position: Option<u64>,
    pick: &impl Fn(&M, u64) -> Option<Packet>,
    send: impl Fn(&Arc<Session>, &Packet),
) {
    let mut slot = 0;
    loop {
        {
            let mut members = members.lock();
            if slot >= members.slots.len() {
                return;
            }
            let end = (slot + MEMBERS_PER_LOCK).min(members.slots.len());
            for entry in members.slots[slot..end].iter_mut().flatten() {
                send_to(entry, position, pick, &send);
            }
            slot = end;
        }
        if slot % MEMBERS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn send_to<M: Member>(
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
