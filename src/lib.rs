//! Madang: a self-hosted chat in one binary and one data folder.
//!
//! Read `ARCHITECTURE.md` first; it names the modules and the way of a message through them.

pub mod app;
pub mod chat;
pub mod clock;
pub mod config;
pub mod cookie;
pub mod db;
pub mod error;
pub mod fetch;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod ids;
pub mod image;
pub mod live;
pub mod lock;
pub mod mail;
pub mod media;
pub mod origin;
pub mod password;
pub mod sabotage;
pub mod socket;
pub mod state;
pub mod text;
pub mod view;
pub mod web;
pub mod words;
pub mod workers;
