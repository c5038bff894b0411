//! One client: how it connects, how it reads, and what it has.

use std::net::Ipv4Addr;
use std::time::Instant;

use super::Connection;

/// How a client is set up.
#[derive(Clone)]
pub(crate) struct Setup {
    /// The packet that signs in; `None` for the floor, which only writes.
    pub(crate) hello: Option<String>,
    /// Whether the packet joins a room; otherwise the client only connects to the namespace.
    pub(crate) joins: bool,
    /// The client's address.
    pub(crate) source: Ipv4Addr,
    /// The size of the kernel's receive buffer, if not the default.
    pub(crate) receive_buffer: Option<usize>,
}

impl Setup {
    /// A client that joins a room.
    pub(crate) fn new(hello: Option<String>) -> Self {
        Self { hello, joins: true, source: Ipv4Addr::LOCALHOST, receive_buffer: None }
    }
}

/// How a client reads what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    All,
    /// One byte for each call of [`Load::nudge`](super::Load::nudge).
    Bytes,
    Nothing,
    /// Nothing, but it sends a pong for each call of [`Load::nudge`](super::Load::nudge).
    NothingWithPongs,
}

pub(crate) struct Client {
    pub(super) setup: Setup,
    pub(super) connection: Option<Connection>,
    /// Counts connections, so that a timer of an earlier one is recognized.
    pub(super) generation: u32,
    pub(super) is_in: bool,
    pub(super) reading: Reading,
    /// Failed attempts since it was last in.
    pub(super) attempts: u32,
    /// Where the mark was in the last message.
    pub(super) mark: usize,
    /// The number of the next message.
    pub(super) expected: u64,
    /// The client has every change up to this rev.
    pub(super) rev: Option<i64>,
    /// Whether it sends the next message when the last is acknowledged.
    pub(super) is_sender: bool,
    pub(super) sent: u64,
    pub(super) sent_at: Instant,
    /// Bytes read one by one.
    pub(crate) bytes_read: u64,
    pub(crate) joined_at: Option<Instant>,
    /// When the server closed the connection.
    pub(crate) closed_at: Option<Instant>,
}

impl Client {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            connection: None,
            generation: 0,
            is_in: false,
            reading: Reading::All,
            attempts: 0,
            mark: 0,
            expected: 0,
            rev: None,
            is_sender: false,
            sent: 0,
            sent_at: Instant::now(),
            bytes_read: 0,
            joined_at: None,
            closed_at: None,
        }
    }

    /// The packet that signs in, and resumes where the client was in before.
    pub(super) fn hello(&self) -> String {
        let hello = self.setup.hello.clone().unwrap_or_default();
        match (self.rev, hello.strip_suffix('}')) {
            (Some(rev), Some(start)) => format!("{start},\"since\":{rev}}}"),
            _ => hello,
        }
    }
}
