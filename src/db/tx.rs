//! A transaction as chat's functions see it.

use super::fault::Fault;
use super::index::Indexed;
use super::sqlite::{Connection, Row};
use super::value::Param;

/// A transaction: statements run in it, and the facts to be heard once it is committed.
///
/// SQL is the common dialect of SQLite and PostgreSQL, with `?1` placeholders. A failed statement
/// ends the act on PostgreSQL, so no act goes on after a [`Fault`]: it asks first, or says
/// `ON CONFLICT`.
pub struct Tx<'a, F> {
    connection: &'a Connection,
    facts: Vec<F>,
    is_broken: bool,
    pub(super) has_index: bool,
    pub(super) indexed: Vec<Indexed>,
}

impl<'a, F> Tx<'a, F> {
    pub(super) fn new(connection: &'a Connection, has_index: bool) -> Self {
        Self { connection, facts: Vec::new(), is_broken: false, has_index, indexed: Vec::new() }
    }

    /// Runs a statement that answers no rows and returns how many rows it touched.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn execute(&mut self, sql: &str, params: &[&dyn Param]) -> Result<usize, Fault> {
        let done = self.connection.execute(sql, params);
        self.noted(done)
    }

    /// Inserts one row into a table whose key is `number`, and returns the number that it got.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn insert_numbered(&mut self, sql: &str, params: &[&dyn Param]) -> Result<i64, Fault> {
        let done = self.connection.insert(sql, params);
        self.noted(done)
    }

    /// The first row, if there is one.
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
        let done = self.connection.query(sql, params, |row| {
            first = Some(read(row)?);
            Ok(false)
        });
        self.noted(done)?;
        Ok(first)
    }

    /// The first row of a statement that always answers one.
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

    /// All rows. Every such statement has a `LIMIT` or a bound by its meaning.
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
        let done = self.connection.query(sql, params, |row| {
            all.push(read(row)?);
            Ok(true)
        });
        self.noted(done)?;
        Ok(all)
    }

    /// Says, before the first change, that from here on the act refuses nothing: only the store itself may
    /// still fail, and takes all acts of the same commit along. It spares the way back, which a plain
    /// message would pay a twentieth for.
    pub fn point_of_no_return(&mut self) {
        self.connection.waive_savepoint();
    }

    /// Keeps a fact to be heard after the commit, in the order told. An act that fails tells
    /// nothing.
    pub fn tell(&mut self, fact: F) {
        self.facts.push(fact);
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// What is to be heard, and what is to be found from now on.
    pub(super) fn into_asked(self) -> (Vec<F>, Vec<Indexed>) {
        (self.facts, self.indexed)
    }

    fn noted<T>(&mut self, done: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &done {
            self.is_broken |= fault.is_broken();
        }
        done
    }
}
