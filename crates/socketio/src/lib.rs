//! An Engine.IO v4 and Socket.IO v5 server on hyper, for any stock client.
//!
//! Its properties:
//!
//! - **In order.** The events of a socket are handled one after the other, each answered before the
//!   next; broadcasts to a room arrive in the order in which they were awaited.
//! - **No silent gaps.** A packet to a connection arrives, or the connection is closed: a client that
//!   reads too little for too long loses its transport, so that stock clients reconnect by themselves.
//! - **Bounded.** Inboxes, send queues, packets, fragments, rates, heads and times all have limits, see
//!   [`Config`] and [`Limits`].
//! - **Cheap.** A broadcast is encoded once and written to each stream by the task that sends it;
//!   acknowledgements and broadcasts to small rooms share a write with other packets to the same
//!   client; an idle connection owns no buffer and one timer.
//!
//! # Layout
//! The way of a message: `listener` accepts a connection and speaks HTTP (`http_stream`,
//! `request_scanner`) → `engine` finds the session of a request → `engine::polling` or
//! `engine::websocket` read its packets (`engine::payload`, `engine::frame`) → `engine::session` checks
//! rates and deadlines → `packet_router` makes Socket.IO packets of them (`packet`) → `inbox` keeps a
//! socket's events in order → `namespace` calls the handlers. The way back: `broadcast` → `rooms` →
//! `engine::session` → `engine::send_queue` (or first `engine::write_batch`) → `engine::stream`.
//!
//! Imports between files form one circle, `namespace` and `socket`: a handler of a namespace gets the
//! socket, and a socket broadcasts in its namespace.
//!
//! # Absent on purpose
//! - **Engine.IO 3** (clients of Socket.IO 1 and 2): its packets mean other things under the same names,
//!   and its clients ping the server; two protocols on one path are two chances to misread a request.
//! - **WebTransport**: it needs HTTP/3, which proxies in front end for the server.
//! - **MessagePack** and other parsers: both sides must be built for it, and JSON can be checked without
//!   allocating what it declares.
//! - **Connection state recovery**: it keeps every client's packets in memory. An application that numbers
//!   its messages resumes from its store, for longer and after a restart as well.
//! - **Dynamic namespaces**: the names of clients would be memory of the server. Rooms are made on demand.
//! - **JSONP, compression and adapters for several servers**: one is obsolete, one tells the length of a
//!   secret, and a cluster needs an order of its messages that no adapter has.

mod address;
mod broadcast;
mod byte_stream;
mod config;
mod disconnect_reason;
mod engine;
mod handshake;
mod http_stream;
mod inbox;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod internals;
mod listener;
mod members;
mod namespace;
mod packet;
mod packet_router;
mod rate;
mod reply;
mod request_scanner;
mod rooms;
mod server;
mod socket;
mod socket_id;

pub use address::network;
pub use broadcast::{Broadcast, Recipient};
pub use config::{Config, Transports};
pub use disconnect_reason::DisconnectReason;
pub use engine::payload::{Message, Packet};
pub use engine::session::{Closing, FloodCheck, Session, SessionHandler};
pub use engine::{Application, Engine, HttpResponse, unknown_session};
pub use handshake::{AllowAll, AllowFuture, HandshakeData, HandshakeHooks, HandshakeRequest, Origin};
pub use listener::{Limits, Listener, serve};
pub use namespace::Namespace;
pub use packet::{Args, Event};
pub use rate::{Rate, RateLimiter};
pub use reply::{Admission, ConnectError, Refusal, Reply};
pub use server::Server;
pub use socket::{AckError, Socket};
pub use socket_id::SocketId;
