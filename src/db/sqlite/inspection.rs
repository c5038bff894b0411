//! A look at a database as it is, also beside the server that writes it: nothing is migrated and
//! nothing changed.

use std::path::Path;
use std::time::Duration;

use super::connection::Connection;
use crate::db::engine::{Connection as _, Step};
use crate::db::fault::Fault;
use crate::db::tx::Savepoint;
use crate::db::{Tx, migrate};
use crate::error::Result;

/// How long a process that holds the database is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open database whose statements all see the one moment of the opening. It must not stay open
/// for long: the log of what is written meanwhile grows.
pub struct Inspection(Connection);

impl Inspection {
    /// # Errors
    /// There is no such file, or it is no database.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open_for_inspection(path, BUSY_TIMEOUT)?;
        connection.step(Step::BeginRead)?;
        // The moment is that of the first look.
        version(&connection)?;
        Ok(Self(connection))
    }

    /// The version of the schema; 0 for a database that is none of ours.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn schema(&self) -> Result<i64, Fault> {
        version(&self.0)
    }

    /// Runs an act that only reads. What it tells is dropped.
    ///
    /// # Errors
    /// What the act answers.
    pub fn read<F, T>(&self, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        act(&mut Tx::new(&self.0, Savepoint::Begin, false))
    }

    /// What the engine finds wrong with the file, a sentence each, at most a hundred. It reads
    /// everything.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn integrity_errors(&self) -> Result<Vec<String>, Fault> {
        let mut errors = Vec::new();
        self.0.query("PRAGMA integrity_check(100)", &[], &mut |row| {
            // Several faults of one page come as lines of one row.
            errors.extend(row.get::<String>(0)?.lines().map(str::to_owned));
            Ok(true)
        })?;
        errors.retain(|line| line != "ok");
        Ok(errors)
    }

    /// Rows that name a row which is not there, a sentence for each table.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn dangling(&self) -> Result<Vec<String>, Fault> {
        let mut counts = std::collections::BTreeMap::new();
        self.0.query("PRAGMA foreign_key_check", &[], &mut |row| {
            *counts.entry((row.get::<String>(0)?, row.get::<String>(2)?)).or_insert(0u64) += 1;
            Ok(true)
        })?;
        let sentence = |((table, parent), count)| format!("{count} of {table} name one of {parent} that is not there");
        Ok(counts.into_iter().map(sentence).collect())
    }

    /// Copies the database into an empty file, which is then on the disk for good. `between` hears
    /// after each megabyte how many pages are done, of how many; it may pause, or break the copy off.
    ///
    /// # Errors
    /// Any [`Fault`], also one of `between`. What has been written stays for the caller to remove.
    pub fn copy_to(&self, path: &Path, between: impl FnMut(u64, u64) -> Result<(), Fault>) -> Result<(), Fault> {
        self.0.copy_to(path, between)
    }
}

/// The version of a database's schema; 0 for a database that is not ours.
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
