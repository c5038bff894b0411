//! The commands beside the server: admin links, keys, backup, restore, verify, reindex, and the moves to another database
//! and to a bucket.

pub mod admin;
pub mod archive;
pub mod backup;
pub mod backup_place;
pub mod doctor;
pub mod health;
pub mod migrate_store;
pub mod outgoing_backup;
pub mod push;
mod reindex;
pub mod restore;
pub mod scheduled_backup;
mod stored;
pub mod verify;

pub use reindex::reindex;
