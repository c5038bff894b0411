//! What the clients have received.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::times::Times;

/// The numbered messages and their deliveries to all clients.
pub(crate) struct Deliveries {
    /// Clients that read everything.
    pub(super) readers: u32,
    /// In the order of their numbers.
    pub(crate) messages: Vec<Message>,
    /// How long each delivery took.
    pub(crate) times: Times,
    /// Messages that arrived twice, out of order, or after one that did not arrive.
    disordered: u64,
    /// The size of the last message's frame.
    pub(crate) frame_bytes: usize,
}

/// One numbered message: how many received it and how long it took.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    sent_at: Instant,
    pub(crate) received: u32,
    pub(crate) first: Duration,
    pub(crate) median: Duration,
    pub(crate) last: Duration,
    pub(crate) ack: Duration,
}

/// What went wrong when clients disconnected and resumed.
#[derive(Default)]
pub(crate) struct Resume {
    /// Failed attempts by reason.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Changes that were left out, and changes that arrived twice.
    pub(crate) holes: u64,
    pub(crate) duplicates: u64,
    /// Resumes that were answered with the newest page instead of what was missed.
    pub(crate) gaps: u64,
}

impl Deliveries {
    pub(super) fn new() -> Outcome<Self> {
        let (messages, times) = (Vec::new(), Times::new()?);
        Ok(Self { readers: 0, messages, times, disordered: 0, frame_bytes: 0 })
    }

    /// Notes that the next message is being sent and returns its number.
    pub(crate) fn sending(&mut self) -> u64 {
        let zero = Duration::ZERO;
        let (sent_at, received) = (Instant::now(), 0);
        self.messages.push(Message { sent_at, received, first: zero, median: zero, last: zero, ack: zero });
        self.messages.len() as u64 - 1
    }

    pub(super) fn received(&mut self, number: u64, is_expected: bool) {
        self.disordered += u64::from(!is_expected);
        let Some(message) = self.messages.get_mut(number as usize) else { return };
        let time = message.sent_at.elapsed();
        message.received += 1;
        if message.received == 1 {
            message.first = time;
        }
        if message.received == self.readers.div_ceil(2) {
            message.median = time;
        }
        message.last = time;
        self.times.record(time);
    }

    pub(super) fn acknowledged(&mut self, number: u64) {
        if let Some(message) = self.messages.get_mut(number as usize) {
            message.ack = message.sent_at.elapsed();
        }
    }

    /// Whether all have the last message, and with it, as order is checked, every message.
    pub(crate) fn is_complete(&self) -> bool {
        self.messages.last().is_none_or(|message| message.received >= self.readers)
    }

    /// Deliveries of the messages from `first` on that did not arrive, and all that arrived twice or out
    /// of order.
    pub(crate) fn faults(&self, first: usize) -> u64 {
        let missing = |message: &Message| u64::from(self.readers.saturating_sub(message.received));
        self.messages[first..].iter().map(missing).sum::<u64>() + self.disordered
    }
}
