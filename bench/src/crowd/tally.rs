//! What the listeners of one server have heard.

use std::time::{Duration, Instant};

/// The messages of one server, and the faults in their delivery.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) members: u32,
    pub(crate) flights: Vec<Flight>,
    /// Messages that came twice, out of order, or after one that did not come at all.
    pub(crate) faults: u64,
}

/// One message on its way: when it was sent, and how long it took to whom.
#[derive(Clone, Copy)]
pub(crate) struct Flight {
    sent_at: Instant,
    pub(crate) heard: u32,
    pub(crate) first: Duration,
    pub(crate) median: Duration,
    pub(crate) last: Duration,
    pub(crate) ack: Duration,
}

impl Tally {
    /// Notes that the next message is on its way, and gives its number.
    pub(crate) fn depart(&mut self) -> u64 {
        let zero = Duration::ZERO;
        let flight = Flight { sent_at: Instant::now(), heard: 0, first: zero, median: zero, last: zero, ack: zero };
        self.flights.push(flight);
        self.flights.len() as u64 - 1
    }

    pub(super) fn hear(&mut self, number: u64, is_due: bool) {
        self.faults += u64::from(!is_due);
        let members = self.members;
        let Some(flight) = self.flights.get_mut(number as usize) else {
            self.faults += 1;
            return;
        };
        let took = flight.sent_at.elapsed();
        flight.heard += 1;
        if flight.heard == 1 {
            flight.first = took;
        }
        if flight.heard == members.div_ceil(2) {
            flight.median = took;
        }
        flight.last = took;
    }

    /// Notes the sender's own answer; `false` for a message that was never sent.
    pub(super) fn acknowledge(&mut self, number: u64) -> bool {
        let flight = self.flights.get_mut(number as usize);
        flight.map(|flight| flight.ack = flight.sent_at.elapsed()).is_some()
    }

    /// Whether all have heard the last message, and with it, as order holds, everything.
    pub(crate) fn is_quiet(&self) -> bool {
        self.flights.last().is_none_or(|flight| flight.heard >= self.members)
    }

    /// Deliveries that were due and did not come, came twice or came out of order.
    pub(crate) fn lost(&self) -> u64 {
        let missing = self.flights.iter().map(|flight| u64::from(self.members.saturating_sub(flight.heard)));
        missing.sum::<u64>() + self.faults
    }
}
