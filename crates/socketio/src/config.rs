//! The settings of a server.

use std::sync::Arc;
use std::time::Duration;

use crate::handshake::{AllowAll, HandshakeHooks};
use crate::rate::Rate;

/// Settings of a server. The defaults suit a chat on the open internet.
#[derive(Clone)]
pub struct Config {
    /// The path of all requests, with slashes around: `/socket.io/`.
    pub path: String,
    /// The transports that clients may use.
    pub transports: Transports,
    /// The time between two pings.
    pub ping_interval: Duration,
    /// How long a ping may wait to leave, and then its pong may take: a session without one ends at interval +
    /// timeout when nothing waits.
    pub ping_timeout: Duration,
    /// How long a session may be without a joined namespace or with an incomplete binary packet.
    pub connect_timeout: Duration,
    /// How long an upgrade may take from its WebSocket handshake to its `5`.
    pub upgrade_timeout: Duration,
    /// How long the body of a polling request may take to arrive.
    pub body_timeout: Duration,
    /// How long the oldest queued packet may wait, and how long a client may read nothing.
    pub slow_client_timeout: Duration,
    /// Bytes of a message, and of a polling body.
    pub max_payload: usize,
    /// Fragments of one WebSocket message; more close the connection with 1008.
    pub max_fragments: usize,
    /// Binary attachments of one packet, up to 9,999.
    pub max_attachments: usize,
    /// Bytes of an event's name.
    pub max_event_name: usize,
    /// Arrays and objects inside each other in the JSON of a packet, with the array of the arguments; up
    /// to 127.
    pub max_depth: usize,
    /// CONNECTs of one session to namespaces that do not exist; one more closes it.
    pub max_unknown_namespaces: usize,
    /// Events of one socket that wait to be handled; with more, its connection is not read.
    pub max_inbox: usize,
    /// Bytes that wait to be sent to one client; more close its connection.
    pub max_send_queue: usize,
    /// Sessions of one address at a time; 0 for no limit.
    pub sessions_per_address: usize,
    /// The rate of packets of one session. Events over it are refused with
    /// [`Refusal::RateLimited`](crate::Refusal::RateLimited); twice the burst closes the session.
    /// `None` for no limit.
    pub packets: Option<Rate>,
    /// The rate of handshakes of one address; requests over it get 429. `None` for no limit.
    pub handshakes: Option<Rate>,
    /// The first two characters of session ids, by which a proxy or another server finds the server that has the
    /// session. `None`: they are random like the rest.
    pub sid_prefix: Option<[u8; 2]>,
    /// Origin checks, and what is kept of the opening request.
    pub handshake_hooks: Arc<dyn HandshakeHooks>,
}

/// The transports of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transports {
    /// Polling, WebSocket, and the upgrade from the one to the other.
    #[default]
    All,
    /// Polling alone, for networks that break WebSockets.
    Polling,
    /// WebSocket alone, where nothing keeps the requests of a client on one server.
    WebSocket,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: "/socket.io/".into(),
            transports: Transports::All,
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            slow_client_timeout: Duration::from_secs(10),
            max_payload: 64 * 1024,
            max_fragments: 4_096,
            max_attachments: 4,
            max_event_name: 128,
            max_depth: 16,
            max_unknown_namespaces: 8,
            max_inbox: 32,
            max_send_queue: 1024 * 1024,
            sessions_per_address: 256,
            packets: Some(Rate::per_second(100).burst(1_000)),
            handshakes: Some(Rate::per_second(50).burst(500)),
            sid_prefix: None,
            handshake_hooks: Arc::new(AllowAll),
        }
    }
}
