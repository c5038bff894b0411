//! What all tests share about the app in this process. Clients come from `testkit`.

pub mod app;
pub mod bucket;
pub mod fixtures;
pub mod mail;
pub mod picture;
pub mod push;
pub mod receiver;
pub mod site;

pub use app::App;
pub use bucket::Bucket;
pub use testkit::client::key;
pub use testkit::{Client, ConnectOptions, Person, Request, Response, Room, TIMEOUT, TempDir, Transport, websocket};
