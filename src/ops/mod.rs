//! The commands beside the server: admin links, keys, backup, restore, verify, reindex, files push.

pub mod admin;
pub mod archive;
pub mod backup;
pub mod push;
mod reindex;
pub mod restore;
mod stored;
pub mod verify;

pub use reindex::reindex;
