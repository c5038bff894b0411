//! A transaction as the functions of `chat` see it.

use std::cell::Cell;

use super::engine::{Connection, Step};
use super::fault::Fault;
use super::row::Row;
use super::search::{Indexed, Match};
use super::value::Param;
use crate::clock::now_ms;

/// A transaction: its statements, and the facts to publish once it is committed.
///
/// SQL is the common dialect of SQLite and PostgreSQL, with `?1` placeholders. A failed statement ends
/// the act on PostgreSQL, so no act goes on after a [`Fault`]: it checks first, or says `ON CONFLICT`.
pub struct Tx<'a, F> {
    connection: &'a dyn Connection,
    savepoint: Cell<Savepoint>,
    facts: Vec<F>,
    /// The worst error of a statement so far.
    failure: Option<Fault>,
    has_written: Cell<bool>,
    now: i64,
    has_index: bool,
    indexed: Vec<Indexed>,
    /// Every statement so far, for the tests of their plans.
    #[cfg(test)]
    pub(crate) statements: Vec<String>,
}

/// The state that an act rolls back to when it fails.
///
/// A savepoint costs as much as an index of the messages, and a round trip on PostgreSQL. So acts share a transaction
/// without any, and only where one fails after it has written are they run again with one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Savepoint {
    /// What the act has written ends with its transaction.
    None,
    /// One is set before the first write.
    Pending,
    Set,
}

impl<'a, F> Tx<'a, F> {
    pub(super) fn new(connection: &'a dyn Connection, savepoint: Savepoint, has_index: bool) -> Self {
        Self {
            connection,
            savepoint: Cell::new(savepoint),
            facts: Vec::new(),
            failure: None,
            has_written: Cell::new(false),
            now: now_ms(),
            has_index,
            indexed: Vec::new(),
            #[cfg(test)]
            statements: Vec::new(),
        }
    }

    /// The time of the act, in milliseconds since 1970 UTC: one moment for all its rows.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Runs a statement without rows and returns how many rows it changed.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn execute(&mut self, sql: &str, params: &[&dyn Param]) -> Result<usize, Fault> {
        self.note(sql);
        let done = self.before_write().and_then(|()| self.connection.execute(sql, params));
        self.checked(done)
    }

    /// Inserts one row into a table whose key is `number`, and returns that number.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn insert_numbered(&mut self, sql: &str, params: &[&dyn Param]) -> Result<i64, Fault> {
        self.note(sql);
        let done = self.before_write().and_then(|()| self.connection.insert_numbered(sql, params));
        self.checked(done)
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let mut first = None;
        self.query(sql, params, &mut |row| {
            first = Some(read(row)?);
            Ok(false)
        })?;
        Ok(first)
    }

    /// Returns the first row of a statement that always has one.
    ///
    /// # Errors
    /// Any [`Fault`]; [`Fault::Wrong`] when there is no row.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.query_opt(sql, params, read)?.ok_or_else(|| Fault::Wrong(format!("no row for: {sql}")))
    }

    /// Returns all rows. Every such statement has a `LIMIT` or a bound by its meaning.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn query_all<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        self.query(sql, params, &mut |row| {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// Keeps a fact to publish after the commit, in this order. An act that fails publishes nothing.
    pub fn publish(&mut self, fact: F) {
        self.facts.push(fact);
    }

    /// Returns the place where the data lives, if the engine knows one; see `Connection::place`.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn place(&mut self) -> Result<Option<String>, Fault> {
        let found = self.before_write().and_then(|()| self.connection.place());
        self.checked(found)
    }

    /// Whether a search index is kept at all.
    pub fn has_index(&self) -> bool {
        self.has_index
    }

    /// Sets the words by which a message is found, separated by spaces; `None` removes it. They are written
    /// at the end of the transaction: a search in the same act finds what was before.
    pub fn index(&mut self, number: i64, words: Option<String>) {
        self.indexed.push(Indexed { number, words, is_new: false });
    }

    /// Like [`Tx::index`] for a message that this transaction inserts, which saves a look for old words.
    pub fn index_new(&mut self, number: i64, words: Option<String>) {
        self.indexed.push(Indexed { number, words, is_new: true });
    }

    /// Returns the numbers of messages that match, from `from` up to below `below`, highest first, at most
    /// `limit`. The caller still checks whether the reader may see them.
    ///
    /// # Errors
    /// Any [`Fault`]; [`Fault::Late`] where the transaction has a deadline.
    pub fn matching(&mut self, wanted: &Match, from: i64, below: i64, limit: u32) -> Result<Vec<i64>, Fault> {
        if wanted.0.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.connection.matching(wanted, from, below, limit);
        self.checked(found)
    }

    /// Empties the search index, to rebuild it.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn clear_index(&mut self) -> Result<(), Fault> {
        let done = self.before_write().and_then(|()| self.connection.clear_index());
        self.checked(done)
    }

    /// Returns the error of a statement after which nothing of the transaction can be kept.
    pub(super) fn failure(&self) -> Option<&Fault> {
        self.failure.as_ref().filter(|fault| fault.ends_transaction())
    }

    /// Whether the transaction is still as it was before this act.
    pub(super) fn is_untouched(&self) -> bool {
        self.failure.is_none() && !self.has_written.get()
    }

    /// Keeps the changes and returns what to publish and what to index.
    pub(super) fn keep(self) -> Result<(Vec<F>, Vec<Indexed>), Fault> {
        if self.savepoint.get() == Savepoint::Set {
            self.connection.step(Step::ReleaseSavepoint)?;
        }
        Ok((self.facts, self.indexed))
    }

    /// Undoes the changes of this act and of no other, if it has a savepoint.
    pub(super) fn undo(self) -> Result<(), Fault> {
        let step = |step| self.connection.step(step);
        match self.savepoint.get() {
            Savepoint::None | Savepoint::Pending => Ok(()),
            Savepoint::Set => step(Step::RollbackToSavepoint).and_then(|()| step(Step::ReleaseSavepoint)),
        }
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        self.note(sql);
        let sql_start = sql.trim_ascii_start();
        let ready = if !sql_start.starts_with("SELECT") && !sql_start.starts_with("WITH") {
            self.before_write()
        } else if self.connection.needs_savepoint_to_read() {
            self.set_savepoint()
        } else {
            Ok(())
        };
        let done = ready.and_then(|()| self.connection.query(sql, params, each));
        self.checked(done)
    }

    #[cfg_attr(not(test), allow(clippy::unused_self, clippy::needless_pass_by_ref_mut))]
    fn note(&mut self, _sql: &str) {
        #[cfg(test)]
        self.statements.push(_sql.to_owned());
    }

    fn before_write(&self) -> Result<(), Fault> {
        self.has_written.set(true);
        self.set_savepoint()
    }

    fn set_savepoint(&self) -> Result<(), Fault> {
        if self.savepoint.get() == Savepoint::Pending {
            self.connection.step(Step::Savepoint)?;
            self.savepoint.set(Savepoint::Set);
        }
        Ok(())
    }

    fn checked<T>(&mut self, done: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &done
            && !self.failure.as_ref().is_some_and(Fault::ends_transaction)
        {
            self.failure = Some(fault.clone());
        }
        done
    }
}
