//! Reads a database as it is, also while the server runs: nothing is migrated or changed.

use std::path::Path;
use std::time::Duration;

use super::connection::Connection;
use super::schema;
use crate::db::engine::{self, Connection as _, Step};
use crate::db::fault::Fault;
use crate::db::tx::Savepoint;
use crate::db::{Tx, migrate};
use crate::error::Result;

/// How long to wait for a process that locks the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open database whose statements all see its state at the opening. It must not stay open for long,
/// because the write-ahead log grows meanwhile.
pub struct Inspection(Connection);

impl Inspection {
    /// Opens a database for reading.
    ///
    /// # Errors
    /// The file does not exist or is not a database.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open_for_inspection(path, BUSY_TIMEOUT)?;
        connection.step(Step::BeginRead)?;
        // The first read fixes the snapshot.
        version(&connection)?;
        Ok(Self(connection))
    }

    pub(in crate::db) fn connection(&self) -> &dyn engine::Connection {
        &self.0
    }

    /// Returns the schema version; 0 for a database that is not Madang's.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn schema(&self) -> Result<i64, Fault> {
        version(&self.0)
    }

    /// Runs a function that only reads. Its facts are dropped.
    ///
    /// # Errors
    /// Those of the function.
    pub fn read<F, T>(&self, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        act(&mut Tx::new(&self.0, Savepoint::None, false))
    }

    /// Checks the whole file and returns the engine's messages, at most a hundred.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn integrity_errors(&self) -> Result<Vec<String>, Fault> {
        let mut errors = Vec::new();
        self.0.query("PRAGMA integrity_check(100)", &[], &mut |row| {
            // Several errors of one page are lines of one row.
            errors.extend(row.get::<String>(0)?.lines().map(str::to_owned));
            Ok(true)
        })?;
        errors.retain(|line| line != "ok");
        Ok(errors)
    }

    /// Returns what differs from the schema that the migrations of this version make, one message each.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn schema_differences(&self) -> Result<Vec<String>, Fault> {
        schema::differences(&self.0, self.schema()?)
    }

    /// Returns the references to missing rows, one message per pair of tables.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn dangling(&self) -> Result<Vec<String>, Fault> {
        let mut counts = std::collections::BTreeMap::new();
        self.0.query("PRAGMA foreign_key_check", &[], &mut |row| {
            *counts.entry((row.get::<String>(0)?, row.get::<String>(2)?)).or_insert(0u64) += 1;
            Ok(true)
        })?;
        let message = |((table, parent), count)| format!("{count} rows of {table} refer to missing rows of {parent}");
        Ok(counts.into_iter().map(message).collect())
    }

    /// Copies the database into an empty file and syncs it. Calls `between` after each megabyte with the
    /// number of pages done and the total; it may pause, or stop the copy with an error.
    ///
    /// # Errors
    /// Any [`Fault`], also one of `between`. The caller removes what was written.
    pub fn copy_to(&self, path: &Path, between: impl FnMut(u64, u64) -> Result<(), Fault>) -> Result<(), Fault> {
        self.0.copy_to(path, between)
    }
}

/// Returns the schema version of a database; 0 for one that is not Madang's.
fn version(connection: &Connection) -> Result<i64, Fault> {
    let mut tables = 0;
    connection.query(
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'",
        &[],
        &mut |row| {
            tables = row.get::<i64>(0)?;
            Ok(false)
        },
    )?;
    if tables == 0 { Ok(0) } else { migrate::version(connection) }
}
