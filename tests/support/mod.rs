//! What all tests share.

pub mod app;
pub mod client;
pub mod factory;
pub mod frame;
pub mod http;
pub mod picture;
pub mod site;

use std::time::Duration;

/// How long anything awaited may take before the test gives up. No test that passes comes near it.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub use app::App;
pub use client::{Client, Transport};
pub use factory::{Person, Room};
pub use http::{Answer, Request};
