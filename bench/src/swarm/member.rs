//! One member of a swarm: who they are, how far they have come, and what they hold.

use std::net::Ipv4Addr;
use std::time::Instant;

use crate::wire::Link;

/// How a member takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    All,
    /// One byte for each call of [`sip`](super::Swarm::sip).
    Sips,
    Nothing,
    /// Nothing, but a pong for each call of [`sip`](super::Swarm::sip).
    NothingWithPongs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Away,
    /// On the way to an open session.
    Opening,
    Joining,
    In,
}

pub(super) struct Member {
    pub(super) source: Ipv4Addr,
    pub(super) token: String,
    pub(super) receive_buffer: Option<usize>,
    pub(super) link: Option<Link>,
    pub(super) stage: Stage,
    pub(super) reading: Reading,
    /// Where the mark stood in the last message.
    pub(super) mark: usize,
    /// It holds every change up to this rev; `None` before it came in for the first time.
    pub(super) held: Option<i64>,
    /// Tries since it was last in.
    pub(super) tries: u32,
    /// The how-many-eth connection this is, so that the deadline of an earlier one is known.
    pub(super) connection: u32,
    /// Bytes taken in sips.
    pub(super) sipped: u64,
    pub(super) came_at: Option<Instant>,
    pub(super) gone_at: Option<Instant>,
}

impl Member {
    /// Somebody who is away.
    pub(super) fn new(source: Ipv4Addr, token: String, receive_buffer: Option<usize>) -> Self {
        Self {
            source,
            token,
            receive_buffer,
            link: None,
            stage: Stage::Away,
            reading: Reading::All,
            mark: 0,
            held: None,
            tries: 0,
            connection: 0,
            sipped: 0,
            came_at: None,
            gone_at: None,
        }
    }

    pub(super) fn leave(&mut self) {
        // What was due for this connection concerns no other.
        self.connection += 1;
        self.link = None;
        self.stage = Stage::Away;
    }
}
