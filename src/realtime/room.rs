//! A room as it is now: what is still to be told in it, in order, and who is there.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::occupancy::Occupancy;
use crate::chat::Fact;
use crate::chat::user::User;
use crate::ids::{RoomId, UserId};

/// What a room may keep to be told, before whoever adds to it has to wait.
const MAX_ITEMS: usize = 1_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Something to tell in a room.
#[derive(Debug)]
pub enum RoomEvent {
    /// It was committed.
    Fact(Box<Fact>),
    /// A person is there who was not; with how many are there now.
    CameOnline { user: Arc<User>, count: usize },
    /// A person is gone; with how many are left.
    WentOffline { user: Arc<User>, count: usize },
    /// Time to say how far the room is.
    RevHeartbeat,
    /// Nothing to tell: somebody waits until all before it has been told.
    Barrier(oneshot::Sender<()>),
}

impl RoomEvent {
    /// About how many bytes it keeps.
    fn weight(&self) -> usize {
        match self {
            Self::Fact(fact) => match &**fact {
                Fact::Message(message) => 512 + message.text.len(),
                _ => 512,
            },
            _ => 64,
        }
    }
}

/// Who tells the sockets what happens. Calls for one room come one after the other.
pub trait Broadcaster: Send + Sync {
    fn dispatch<'a>(
        &'a self,
        room_id: Option<RoomId>,
        event: RoomEvent,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// Lets nobody hear more: who comes back is told what is true.
    fn resync(&self);
}

pub(super) struct RoomState {
    pub(super) id: RoomId,
    pub(super) occupancy: Mutex<Occupancy>,
    pub(super) revs: Mutex<Revs>,
    queue: Mutex<Queue>,
    space: Notify,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<RoomEvent>,
    bytes: usize,
    is_dispatched: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.items.len() >= MAX_ITEMS || self.bytes >= MAX_BYTES
    }
}

impl RoomState {
    pub(super) fn new(id: RoomId) -> Self {
        Self { id, occupancy: Mutex::default(), revs: Mutex::default(), queue: Mutex::default(), space: Notify::new() }
    }

    /// Whether a walker must be started.
    pub(super) fn push(&self, event: RoomEvent) -> bool {
        let mut queue = self.queue.lock();
        queue.bytes += event.weight();
        queue.items.push_back(event);
        !std::mem::replace(&mut queue.is_dispatched, true)
    }

    pub(super) fn pop(&self) -> Option<RoomEvent> {
        let mut queue = self.queue.lock();
        let was_full = queue.is_full();
        let Some(event) = queue.items.pop_front() else {
            *queue = Queue::default();
            return None;
        };
        queue.bytes -= event.weight();
        if was_full && !queue.is_full() {
            self.space.notify_waiters();
        }
        Some(event)
    }

    pub(super) async fn until_space(&self) {
        loop {
            let space = self.space.notified();
            tokio::pin!(space);
            // Registered before the look, so that space made in between is not missed.
            space.as_mut().enable();
            if !self.queue.lock().is_full() {
                return;
            }
            space.await;
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        let queue = self.queue.lock();
        !queue.is_dispatched && queue.items.is_empty() && self.occupancy.lock().is_empty()
    }
}

/// How far a room was told: to everybody, and in whispers to some.
#[derive(Default)]
pub(super) struct Revs {
    everybody: i64,
    whispers: HashMap<UserId, i64>,
}

impl Revs {
    pub(super) fn note(&mut self, user_id: Option<UserId>, rev: i64) {
        match user_id {
            None => {
                self.everybody = self.everybody.max(rev);
                // Whispers before it no longer matter to anybody.
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
