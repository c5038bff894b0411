//! What a server allows and how long it waits.

use std::sync::Arc;
use std::time::Duration;

use crate::gate::{Gate, OpenGate};

/// Settings of a server. The defaults suit a chat on the open net.
#[derive(Clone)]
pub struct Config {
    /// Where requests must go, with slashes around: `/socket.io/`.
    pub path: String,
    /// The time between two pings.
    pub ping_interval: Duration,
    /// How long a pong may take; a session without one ends at interval + timeout.
    pub ping_timeout: Duration,
    /// How long a session may be without a joined namespace or with an unfinished binary packet.
    pub connect_timeout: Duration,
    /// How long an upgrade may take from its WebSocket handshake to its `5`.
    pub upgrade_timeout: Duration,
    /// How long a polling body may take to come.
    pub body_timeout: Duration,
    /// Bytes of a message, and of a polling body.
    pub max_payload: usize,
    /// Fragments of one WebSocket message; more close with 1008.
    pub max_fragments: usize,
    /// Binary attachments of one packet.
    pub max_attachments: usize,
    /// CONNECTs to namespaces that do not exist, of one session; one more closes it.
    pub max_unknown_namespaces: usize,
    /// Events of one socket that wait for their turn; then its connection is not read.
    pub inbox: usize,
    /// Bytes that may wait for one connection; more close it.
    pub outbox: usize,
    /// How long the oldest waiting packet may wait, and how long a connection may take nothing.
    pub patience: Duration,
    /// Packets of one session per second, with bursts; events over it are refused with
    /// [`Refusal::RateLimited`](crate::Refusal::RateLimited), and twice the burst closes the
    /// session. `None` lifts it.
    pub packets: Option<Rate>,
    /// Handshakes of one address per second, with bursts; over it they get 429.
    pub handshakes: Option<Rate>,
    /// Sessions of one address at a time; 0 for no limit.
    pub sessions_per_address: usize,
    /// Who may connect, and what is kept of the opening request.
    pub gate: Arc<dyn Gate>,
}

/// So many per second in the long run, so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run; 0 counts as 1.
    pub per_second: u32,
    /// At once, after a rest.
    pub burst: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: "/socket.io/".into(),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            max_payload: 64 * 1024,
            max_fragments: 4_096,
            max_attachments: 4,
            max_unknown_namespaces: 8,
            inbox: 32,
            outbox: 1024 * 1024,
            patience: Duration::from_secs(10),
            packets: Some(Rate { per_second: 100, burst: 1_000 }),
            handshakes: Some(Rate { per_second: 50, burst: 500 }),
            sessions_per_address: 256,
            gate: Arc::new(OpenGate),
        }
    }
}
