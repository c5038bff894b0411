//! Clients written by hand for tests, so that no library hides what is on the wire.
//!
//! - `http`: one HTTP request per connection
//! - `websocket`: frames; `connection`: Engine.IO over any transport; `packet`: Socket.IO packets
//! - `client`: a Socket.IO client that logs every event
//! - `postgres`: a database server for the tests of that engine; `pgbouncer`: a pooler before it
//! - `process`: the server as a child process; `tempdir`: a folder that is removed afterwards

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::disallowed_methods, reason = "a test client keeps everything it receives, without a bound")]

pub mod client;
pub mod connection;
pub mod http;
pub mod packet;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod redis;
mod server_process;
pub mod tempdir;
pub mod websocket;

use std::time::Duration;

pub use client::{Client, Person, Room};
pub use connection::{ConnectOptions, Transport};
pub use http::{Request, Response};
pub use process::Process;
pub use tempdir::TempDir;

/// The time after which a test gives up waiting. A passing test never comes near it.
pub const TIMEOUT: Duration = Duration::from_secs(20);
