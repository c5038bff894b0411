//! The connection layer: frames, one connection, and all connections of one thread.

pub(crate) mod frame;
mod link;
mod net;

pub(crate) use link::{End, Link, Speaker, Way};
pub(crate) use net::{Net, Ready};
