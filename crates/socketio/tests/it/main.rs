//! Tests of the crate through its network interface. A test whose name begins with a code covers that
//! row of the project's catalogue of abuse (docs/abuse.md).
//!
//! - `handshake`: parameters, origins, fingerprints, rates of handshakes
//! - `listener`: heads, bodies and connections, before any session
//! - `polling`, `frames`, `upgrade`: the transports
//! - `heartbeat`: pings, pongs and the other deadlines of a session
//! - `packets`, `namespaces`: Socket.IO
//! - `rooms`, `acks`: the API for handlers
//! - `pressure`: clients that send too much; `slow`: clients that read too little
//! - `drain`, `lifetime`: shutdown, and the end of sessions
//! - `fuzz_corpus`: the inputs of the fuzz targets

// clippy allows unwrap in tests, but not in their helper functions.
#![allow(clippy::unwrap_used)]

mod support;

mod acks;
mod drain;
mod frames;
mod fuzz_corpus;
mod handshake;
mod heartbeat;
mod lifetime;
mod listener;
mod namespaces;
mod packets;
mod polling;
mod pressure;
mod rooms;
mod slow;
mod tls;
mod upgrade;
