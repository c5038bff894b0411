//! A room in the realtime state: its queue of events, who is in it, and up to which rev it was sent.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::changes::Marks;
use super::occupancy::Occupancy;
use crate::chat::Fact;
use crate::chat::node::NodeId;
use crate::chat::user::{Privacy, User};
use crate::ids::{RoomId, UserId};

/// The limit of a room's queue above which senders have to wait.
const MAX_EVENTS: usize = 1_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Something to send in a room, in its order.
#[derive(Debug)]
pub enum RoomEvent {
    /// A committed change.
    Fact(Box<Fact>),
    /// A user came online; with how many are online now, and whether they keep their read marks to themselves.
    CameOnline { user: Arc<User>, count: usize, hides_reads: bool },
    /// A user went offline; with how many are left.
    WentOffline { user: Arc<User>, count: usize },
    /// A user is connected to another node from now on. It has a place in the room's order, as the end of an earlier
    /// membership must not end this stay.
    RemoteJoined { node: NodeId, user: Arc<User>, privacy: Privacy, is_ephemeral: bool },
    /// A user is not connected to another node any more.
    RemoteLeft { node: NodeId, user_id: UserId },
    /// A user on another node hides their presence from now on, or shows it.
    RemoteHidden { user_id: UserId, privacy: Privacy },
    /// Another node has ended, and nobody is connected to it any more.
    NodeEnded { node: NodeId },
    /// A user on another node is typing.
    Typing { user: Arc<User> },
    /// Read marks that moved on another node; those of `hidden` users are for themselves.
    Read { marks: Marks, hidden: Vec<UserId> },
    /// Time to send the room's rev.
    RevHeartbeat,
    /// Nothing to send: a caller waits until everything before it was sent.
    Barrier(oneshot::Sender<()>),
}

impl RoomEvent {
    /// About how many bytes it keeps.
    fn weight(&self) -> usize {
        match self {
            Self::Fact(fact) => match &**fact {
                Fact::Message { message, .. } => 512 + message.text.len(),
                _ => 512,
            },
            _ => 64,
        }
    }
}

/// Sends events to the sockets. Calls for one room come one after the other.
pub trait Broadcaster: Send + Sync {
    fn broadcast<'a>(
        &'a self,
        room_id: Option<RoomId>,
        event: RoomEvent,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// Closes all connections, so that clients reconnect and load the current state.
    fn resync(&self);
}

pub(super) struct RoomState {
    pub(super) id: RoomId,
    pub(super) occupancy: Mutex<Occupancy>,
    pub(super) revs: Mutex<SentRevs>,
    queue: Mutex<Queue>,
    space: Notify,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<RoomEvent>,
    bytes: usize,
    is_dispatched: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.events.len() >= MAX_EVENTS || self.bytes >= MAX_BYTES
    }
}

impl RoomState {
    pub(super) fn new(id: RoomId) -> Self {
        Self { id, occupancy: Mutex::default(), revs: Mutex::default(), queue: Mutex::default(), space: Notify::new() }
    }

    /// Adds an event. Returns whether the caller must start the dispatch loop.
    pub(super) fn push(&self, event: RoomEvent) -> bool {
        let mut queue = self.queue.lock();
        queue.bytes += event.weight();
        queue.events.push_back(event);
        !std::mem::replace(&mut queue.is_dispatched, true)
    }

    /// Takes the next event; with the last one the dispatch loop ends.
    pub(super) fn pop(&self) -> Option<RoomEvent> {
        let mut queue = self.queue.lock();
        let was_full = queue.is_full();
        let Some(event) = queue.events.pop_front() else {
            *queue = Queue::default();
            return None;
        };
        queue.bytes -= event.weight();
        if was_full && !queue.is_full() {
            self.space.notify_waiters();
        }
        Some(event)
    }

    pub(super) async fn wait_for_space(&self) {
        loop {
            let space = self.space.notified();
            tokio::pin!(space);
            // Registered before the check, so that space made in between is noticed.
            space.as_mut().enable();
            if !self.queue.lock().is_full() {
                return;
            }
            space.await;
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        let queue = self.queue.lock();
        !queue.is_dispatched && queue.events.is_empty() && self.occupancy.lock().is_empty()
    }
}

/// The highest rev that was sent: to everybody, and in whispers to some.
#[derive(Default)]
pub(super) struct SentRevs {
    everybody: i64,
    whispers: HashMap<UserId, i64>,
}

impl SentRevs {
    pub(super) fn note(&mut self, user_id: Option<UserId>, rev: i64) {
        match user_id {
            None => {
                self.everybody = self.everybody.max(rev);
                // Whispers before it no longer matter.
                let everybody = self.everybody;
                self.whispers.retain(|_, whispered| *whispered > everybody);
            }
            Some(user_id) if rev > self.everybody => {
                let whispered = self.whispers.entry(user_id).or_default();
                *whispered = rev.max(*whispered);
            }
            Some(_) => {}
        }
    }

    pub(super) fn of(&self, user_id: UserId) -> i64 {
        self.everybody.max(self.whispers.get(&user_id).copied().unwrap_or_default())
    }
}
