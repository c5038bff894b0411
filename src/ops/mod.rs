//! The commands beside the server: admin links, keys, backup, restore, verify, reindex, the logo, and the moves to another
//! database and to a bucket.

pub mod admin;
pub mod archive;
pub mod backup;
pub mod backup_place;
pub mod doctor;
pub mod health;
pub mod logo;
pub mod migrate_store;
pub mod outgoing_backup;
pub mod push;
mod reindex;
pub mod restore;
pub mod scheduled_backup;
mod stored;
pub mod verify;

pub use reindex::reindex;

use crate::chat::{Db, Tx};
use crate::config::Config;
use crate::db::Subject;
use crate::error::Error;
use crate::service::store;

/// Runs a transaction in the database of the instance.
async fn write<T: Send + 'static>(
    config: &Config,
    work: impl Fn(&mut Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let failed = |error: Error| format!("cannot write the database: {}", error.message);
    let db = Db::open(store::options_of_command(config), |_| {}).map_err(|fault| store::cannot_open(config, &fault))?;
    let written = db.write(Subject::Server, work).await;
    db.close().await;
    written.map_err(failed)
}
