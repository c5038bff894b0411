//! Madang: a self-hosted chat in one binary and one data folder.
//!
//! Read `ARCHITECTURE.md` first; it names the modules and the way of a message through them.

pub mod chat;
pub mod clock;
pub mod db;
pub mod error;
pub mod ids;
pub mod image;
pub mod password;
pub mod text;
pub mod view;
pub mod words;
pub mod config;
pub mod live;
pub mod origin;
pub mod state;
