//! The commands beside the server: admin links, keys, backup, restore, verify, reindex, the move to another database.

pub mod admin;
pub mod archive;
pub mod backup;
pub mod migrate_store;
mod reindex;
pub mod restore;
pub mod verify;

pub use reindex::reindex;
