//! The inbox of a socket: its events in order, one at a time, each answered before the next.

use std::collections::VecDeque;

use crate::disconnect_reason::DisconnectReason;
use crate::packet::Event;

pub(crate) struct Inbox {
    queue: VecDeque<Item>,
    /// Whether a task handles the queue, or the socket is still connecting. An idle socket has no
    /// task: the first event of a burst starts one, which ends with the burst.
    is_running: bool,
    is_full: bool,
}

pub(crate) enum Item {
    Event { event: Event, id: Option<u64> },
    Disconnect(DisconnectReason),
}

/// The effects of adding an item.
pub(crate) struct Pushed {
    pub(crate) became_full: bool,
    /// Whether the caller must start a task that handles the queue.
    pub(crate) must_start: bool,
}

/// The effects of taking an item.
pub(crate) struct Popped {
    /// The next item. Without one the task must end.
    pub(crate) item: Option<Item>,
    /// Whether an inbox that was full has room again.
    pub(crate) has_room_again: bool,
}

impl Inbox {
    /// Creates the inbox of a socket that is connecting: its first events wait until it has.
    pub(crate) fn new() -> Self {
        Self { queue: VecDeque::new(), is_running: true, is_full: false }
    }

    pub(crate) fn push(&mut self, item: Item, max: usize) -> Pushed {
        self.queue.push_back(item);
        let became_full = !self.is_full && self.queue.len() >= max;
        self.is_full |= became_full;
        Pushed { became_full, must_start: !std::mem::replace(&mut self.is_running, true) }
    }

    pub(crate) fn pop(&mut self, max: usize) -> Popped {
        let item = self.queue.pop_front();
        let has_room_again = self.is_full && self.queue.len() <= max / 2;
        if has_room_again {
            self.is_full = false;
        }
        if item.is_none() {
            self.is_running = false;
            // An idle socket owns no buffer.
            self.queue = VecDeque::new();
        }
        Popped { item, has_room_again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Item {
        Item::Disconnect(DisconnectReason::ServerClose)
    }

    #[test]
    fn a_full_inbox_has_room_again_at_half_and_a_burst_starts_one_task() {
        let mut inbox = Inbox::new();
        let first = inbox.push(event(), 2);
        assert!(!first.must_start && !first.became_full, "the connect runs it");
        assert!(inbox.push(event(), 2).became_full);
        assert!(!inbox.push(event(), 2).became_full, "it is full already");
        assert!(!inbox.pop(2).has_room_again);
        assert!(inbox.pop(2).has_room_again);
        let last = inbox.pop(2);
        assert!(last.item.is_some() && !last.has_room_again);
        assert!(inbox.pop(2).item.is_none());
        assert!(inbox.push(event(), 2).must_start);
        assert!(!inbox.push(event(), 2).must_start);
    }
}
