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
//! There is no MessagePack parser, no JSONP, no compression and no connection state recovery, on
//! purpose: each is a way to make a server allocate or reveal what it should not, and an application
//! that numbers its messages resumes better by itself.

mod address;
mod broadcast;
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
pub use config::Config;
pub use disconnect_reason::DisconnectReason;
pub use engine::payload::{Message, Packet};
pub use engine::session::{Closing, FloodCheck, Session, SessionHandler};
pub use engine::{Application, Engine, HttpResponse};
pub use handshake::{AllowAll, HandshakeData, HandshakeHooks, HandshakeRequest, Origin};
pub use listener::{Limits, serve};
pub use namespace::Namespace;
pub use packet::{Args, Event};
pub use rate::{Rate, RateLimiter};
pub use reply::{Admission, ConnectError, Refusal, Reply};
pub use server::Server;
pub use socket::{AckError, Socket};
pub use socket_id::SocketId;
