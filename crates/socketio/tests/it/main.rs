//! The crate from outside, byte by byte. Cases are named by their number in the project's
//! catalogue of bad input: `h` the handshake, `p` polling and frames, `s` Socket.IO packets.
//!
//! - `handshake`: who may open a session, origins, fingerprints, rates of handshakes
//! - `listener`: heads, bodies and connections, before any session
//! - `polling`, `frames`, `upgrade`: the transports
//! - `heartbeat`: pings, pongs and the other deadlines of a session
//! - `packets`, `namespaces`: Socket.IO
//! - `rooms`, `acks`: what handlers do with sockets
//! - `pressure`: clients that send too much; `slow`: clients that take too little
//! - `drain`, `lifetime`: how all of it ends

// clippy lets tests unwrap, but not the functions that help them.
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
mod upgrade;
