//! What speaks through a session, and why sessions end.

use std::sync::Arc;

use crate::payload::Message;
use crate::session::Session;

/// Why a session or a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The connection was closed or lost.
    TransportClose,
    /// The connection broke, or its polls overlapped or were aborted.
    TransportError,
    /// No pong came in time.
    PingTimeout,
    /// The client sent what no client sends.
    ParseError,
    /// No namespace was joined, or a binary packet was not finished, in time.
    ConnectTimeout,
    /// The client took too little of what was sent to it.
    SlowReader,
    /// The client sent too much for too long.
    RateLimited,
    /// The client left the namespace.
    ClientDisconnect,
    /// The server took the socket out of the namespace.
    ServerDisconnect,
    /// The server closed the connection.
    ServerClose,
}

impl Reason {
    /// Socket.IO's words where it has them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ConnectTimeout => "connect timeout",
            Self::SlowReader => "slow reader",
            Self::RateLimited => "rate limited",
            Self::ClientDisconnect => "client namespace disconnect",
            Self::ServerDisconnect => "server namespace disconnect",
            Self::ServerClose => "forced server close",
        }
    }
}

/// What speaks through a session: Socket.IO, or an application of Engine.IO alone.
///
/// A session keeps its peer for as long as it is kept itself: a peer that keeps its session in turn
/// must keep a [`Weak`](std::sync::Weak), or neither is ever freed. Its code runs in the task that
/// drives the session and must not block; a panic ends the session.
pub trait Peer: Send + Sync + 'static {
    /// A message has come. An error ends the session.
    fn message(&self, session: &Arc<Session>, message: Message, verdict: Pace) -> Result<(), Reason>;

    /// The session has ended; called once.
    fn closed(&self, reason: Reason);
}

/// Whether a message came within the session's packet rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Within it.
    Within,
    /// Over it: the message may be refused, but must be answered.
    Over,
}
