//! An Engine.IO v4 and Socket.IO v5 server on hyper, for any stock client.
//!
//! What it is made for is delivery that can be reasoned about:
//!
//! - **In order.** The events of a socket are handled one after the other, each answered before
//!   the next; broadcasts to a room arrive in the order in which they were awaited.
//! - **Never a silent gap.** What is sent to a connection arrives, or the connection is closed: a
//!   reader that takes too little for too long is let go by closing its transport, so that stock
//!   clients come back by themselves.
//! - **Bounded.** Inboxes, outboxes, packets, fragments, rates, heads, times: all have limits, see
//!   [`Config`] and [`Limits`].
//! - **Cheap.** A broadcast is encoded once and written by whoever sends straight to each stream;
//!   answers and what few hear leave with what else the same client is sent in that turn;
//!   an idle connection owns no buffer and no timer but one.
//!
//! # Layout
//! `listener` accepts and speaks HTTP → `engine` finds the session a request belongs to →
//! `polling` or `websocket` carry its packets (`payload`, `frame`) → `session` counts, beats and
//! sends through its `outlet` → `client` makes Socket.IO packets of them (`packet`) → `inbox`
//! keeps a socket's events in order → `namespace` hands them to your handler. The way back is
//! `adapter` → `socket` → `session` → `outlet` → `stream`.
//!
//! There is no MessagePack parser, no JSONP, no compression and no connection state recovery, on
//! purpose: each of them is a way to make a server allocate or reveal what it should not, and an
//! application that numbers its messages resumes better by itself.

mod adapter;
mod address;
mod broadcast;
mod client;
mod config;
mod cork;
mod engine;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod head;
mod inbox;
mod listener;
mod namespace;
mod outlet;
mod packet;
mod payload;
mod peer;
mod polling;
mod rate;
mod server;
mod session;
mod socket;
mod stream;
mod websocket;

pub use adapter::{Adapter, MemoryAdapter};
pub use address::{Addresses, Permit, network};
pub use broadcast::{Broadcast, Content, Recipient};
pub use config::{Config, Rate};
pub use engine::{Answer, Application, Engine};
pub use gate::{Gate, OpenGate, Opening, Origin, Visitor};
pub use listener::{Limits, serve};
pub use namespace::{Admission, BoxFuture, ConnectError, Namespace, Refusal, Reply};
pub use packet::{Args, Event};
pub use payload::{Message, Packet};
pub use peer::{Pace, Peer, Reason};
pub use server::Server;
pub use session::Session;
pub use socket::{AckError, Socket, SocketId};
