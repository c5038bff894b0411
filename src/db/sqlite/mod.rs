//! The embedded engine: SQLite in WAL mode. Only this folder knows rusqlite.

mod checkpoint;
mod connection;
mod fts;
mod inspection;
mod pre_migration_backup;
mod schema;
mod tables;

use std::path::PathBuf;
use std::time::Duration;

use super::Options;
use super::engine::{self, Engine, Migration};
use super::fault::Fault;
use super::migrate::migrations;
use crate::clock::now_ms;
use connection::Connection;

pub use inspection::Inspection;
pub(super) use tables::tables;

/// A database file.
pub(super) struct Sqlite {
    path: PathBuf,
    busy_timeout: Duration,
    log_pages: u32,
    backups: Option<PathBuf>,
}

impl Sqlite {
    pub(super) fn new(options: &Options) -> Self {
        let Options { path, busy_timeout, log_pages, backups, .. } = options.clone();
        Self { path, busy_timeout, log_pages, backups }
    }
}

impl Engine for Sqlite {
    fn open_writer(&self) -> Result<Box<dyn engine::Connection>, Fault> {
        Ok(Box::new(Connection::open_writer(&self.path, self.busy_timeout, self.log_pages)?))
    }

    fn open_reader(&self) -> Result<Box<dyn engine::Connection>, Fault> {
        Ok(Box::new(Connection::open_read_only(&self.path, self.busy_timeout)?))
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn migrations_table(&self) -> &'static str {
        MIGRATIONS_TABLE
    }

    fn before_migration(&self, from: i64, to: i64) -> Result<(), Fault> {
        let Some(folder) = &self.backups else { return Ok(()) };
        // The migration lock is held, so the copy misses no write.
        let copy = pre_migration_backup::keep(&self.path, folder, to, now_ms())?;
        tracing::info!(
            "the schema changes from version {from} to {to}; a copy of the database is in {}",
            copy.display()
        );
        Ok(())
    }
}

const MIGRATIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
   version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
 )";

/// The number of the last step that this program knows: the version of its schema.
pub const SCHEMA: i64 = MIGRATIONS.len() as i64;

migrations! {
    "sqlite": "0001_chat" "0002_people" "0003_search" "0004_outbox" "0005_admins" "0006_changes" "0007_suspended"
    "0008_direct" "0009_bounds" "0010_guests" "0011_requests" "0012_reads"
    "0013_audit" "0014_nodes" "0015_notify" "0016_admin" "0017_moderation" "0018_jobs" "0019_hooks" "0020_bots"
    "0021_outgoing_hooks" "0022_retention" "0023_privacy" "0024_push" "0025_exports" "0026_commands"
    "0027_scheduled" "0029_webhooks" "0030_suspension_reasons" "0031_sign_up_links" "0032_link_makers"
}
