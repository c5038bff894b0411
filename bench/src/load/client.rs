//! One client: how it connects, how it reads, and what it has.

use std::net::Ipv4Addr;
use std::time::Instant;

use super::Connection;

/// How a client is set up.
#[derive(Default)]
pub(crate) struct Setup {
    /// The packet that signs in; `None` for the floor, which only writes.
    pub(crate) hello: Option<String>,
    /// Whether the packet joins no room.
    pub(crate) is_roomless: bool,
    /// The client's address, if not the usual one.
    pub(crate) source: Option<Ipv4Addr>,
    /// The size of the kernel's receive buffer, if not the usual one.
    pub(crate) receive_buffer: Option<usize>,
}

/// How a client reads what it is sent.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    #[default]
    All,
    /// One byte for each call of [`Load::nudge`](super::Load::nudge).
    Bytes,
    Nothing,
    /// Nothing, but it sends a pong for each call of [`Load::nudge`](super::Load::nudge).
    NothingWithPongs,
}

#[derive(Default)]
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
    pub(super) sent_at: Option<Instant>,
    /// Bytes read one by one.
    pub(crate) bytes_read: u64,
    pub(crate) joined_at: Option<Instant>,
    /// When the server closed the connection.
    pub(crate) closed_at: Option<Instant>,
}

impl Client {
    /// The packet that signs in, and resumes where the client was in before.
    pub(super) fn hello(&self) -> String {
        let hello = self.setup.hello.clone().unwrap_or_default();
        match (self.rev, hello.strip_suffix('}')) {
            (Some(rev), Some(start)) => format!("{start},\"since\":{rev}}}"),
            _ => hello,
        }
    }
}
