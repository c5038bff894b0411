//! The commands beside the server: admin links, keys, backup, restore, verify, reindex.

pub mod admin;
pub mod archive;
pub mod backup;
mod reindex;
pub mod restore;
pub mod verify;

pub use reindex::reindex;
