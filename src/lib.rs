//! Madang: a self-hosted chat server in one binary and one data folder.
//!
//! Start with `ARCHITECTURE.md`: it describes the modules and the path of a message through them.

pub mod age;
pub mod app;
pub mod backup_files;
pub mod chat;
pub mod clock;
pub mod config;
pub mod cookie;
pub mod cpu_pool;
pub mod data_folder;
pub mod db;
mod due_time;
pub mod error;
pub mod failpoint;
mod fair_queue;
pub mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[path = "../fuzz/drivers/mod.rs"]
pub mod fuzzing;
mod hex;
mod hints;
pub mod http_client;
pub mod i18n;
pub mod ids;
pub mod image;
pub mod jobs;
pub mod lock;
pub mod log;
pub mod mail;
pub mod media;
pub mod memory;
pub mod metrics;
pub mod network;
pub mod open_files;
pub mod ops;
pub mod origin;
pub mod password;
pub mod preview;
pub mod process_stats;
pub mod realtime;
pub mod secret;
pub mod service;
pub mod signals;
pub mod socket;
pub mod startup;
pub mod systemd;
pub mod text;
pub mod tls;
pub mod view;
pub mod web;
mod web_push;
pub mod wire;
