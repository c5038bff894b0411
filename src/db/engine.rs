//! What a database engine must provide. Each engine is a folder beside this file.

use std::time::Duration;

use super::fault::Fault;
use super::row::Row;
use super::search::{Indexed, Match};
use super::value::Param;

/// A numbered step; its number is its place in the list, from 1.
pub(super) struct Migration {
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// Opens connections to one database.
pub(super) trait Engine: Send + Sync + 'static {
    /// Opens the connection of the writer; creates the database if there is none.
    fn open_writer(&self) -> Result<Box<dyn Connection>, Fault>;

    /// Opens a connection that only reads.
    fn open_reader(&self) -> Result<Box<dyn Connection>, Fault>;

    /// The numbered steps of the schema, in order.
    fn migrations(&self) -> &'static [Migration];

    /// Returns the statement that creates the table of applied steps, if it is missing.
    fn migrations_table(&self) -> &'static str;

    /// Called with the migration lock held, before the schema of a database that holds data changes.
    fn before_migration(&self, from: i64, to: i64) -> Result<(), Fault>;
}

/// The steps of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    BeginRead,
    BeginWrite,
    Commit,
    Rollback,
    Savepoint,
    ReleaseSavepoint,
    RollbackToSavepoint,
}

/// One connection. It runs one statement at a time.
pub(super) trait Connection: Send {
    /// Begins, ends or marks a transaction.
    fn step(&self, step: Step) -> Result<(), Fault>;

    /// Whether a transaction is open. Some errors make an engine end it by itself.
    fn in_transaction(&self) -> bool;

    /// Whether an act that shares a transaction needs its savepoint before it reads, not only before it writes.
    fn needs_savepoint_to_read(&self) -> bool {
        false
    }

    /// Runs statements without parameters or rows.
    fn batch(&self, sql: &str) -> Result<(), Fault>;

    /// Runs a statement without rows and returns how many rows it changed.
    fn execute(&self, sql: &str, params: &[&dyn Param]) -> Result<usize, Fault>;

    /// Inserts one row into a table whose key is `number` and returns that number.
    fn insert_numbered(&self, sql: &str, params: &[&dyn Param]) -> Result<i64, Fault>;

    /// Calls `each` with the rows until it returns `false`.
    fn query(
        &self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault>;

    /// Interrupts statements with [`Fault::Late`] once this much time has passed; `None` removes the limit.
    fn set_deadline(&mut self, budget: Option<Duration>) -> Result<(), Fault>;

    /// Checks quickly whether the database is intact.
    fn check(&self) -> Result<(), Fault>;

    /// Returns a number that changes when another connection has committed.
    fn version(&self) -> Result<i64, Fault>;

    /// Identifies the place where the data lives, for engines whose copies are made by other tools. A copy that was
    /// restored, or a standby that took over, is another place.
    fn place(&self) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// Frees the memory of caches that are not in use.
    fn release_memory(&self) -> Result<(), Fault>;

    /// Writes the words of messages to the search index, and removes those of others.
    fn index(&self, rows: &[Indexed]) -> Result<(), Fault>;

    /// The numbers of indexed messages that match, from `from` up to below `below`, highest first.
    fn matching(&self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault>;

    /// Rewrites a part of the search index without the words of messages that were changed or removed. Returns whether
    /// there may be more to rewrite.
    fn purge_index(&self) -> Result<bool, Fault>;

    /// Empties the search index.
    fn clear_index(&self) -> Result<(), Fault>;

    /// Does the engine's upkeep after a commit of the writer.
    fn committed(&mut self) {}

    /// Finishes the upkeep and closes the writer's connection. Called when no reader is left.
    fn close(self: Box<Self>) -> Result<(), Fault> {
        Ok(())
    }
}
