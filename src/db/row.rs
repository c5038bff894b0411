//! A row of an answer, and how its columns are read.

use super::fault::Fault;
use super::value::{Column, Value};

/// The values of one row, as an engine holds them.
pub(super) trait Values {
    /// The value of a column, counted from 0.
    fn value(&self, column: usize) -> Result<Value<'_>, Fault>;
}

/// One row of an answer.
pub struct Row<'a>(&'a dyn Values);

impl<'a> Row<'a> {
    pub(super) fn new(values: &'a dyn Values) -> Self {
        Self(values)
    }

    /// Returns one column, counted from 0. Rows of more than a few columns are read with [`Row::columns`].
    ///
    /// # Errors
    /// [`Fault::Wrong`] when the row has no such column or it holds another type.
    pub fn get<T: Column>(&self, column: usize) -> Result<T, Fault> {
        T::from_value(self.0.value(column)?).ok_or_else(|| wrong_type(column))
    }

    /// Reads the columns in the order of the statement.
    pub fn columns(&self) -> Columns<'_> {
        Columns { row: self, next: 0 }
    }
}

/// Reads the columns of a row one after another, so that their order is defined in one place: the column list
/// of the statement.
pub struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl Columns<'_> {
    /// Returns the next column.
    ///
    /// # Errors
    /// As [`Row::get`].
    #[allow(clippy::should_implement_trait, reason = "each column has its own type")]
    pub fn next<T: Column>(&mut self) -> Result<T, Fault> {
        let column = self.next;
        self.next += 1;
        self.row.get(column)
    }

    /// Skips columns, such as those of a left join that found nothing.
    pub fn skip(&mut self, count: usize) {
        self.next += count;
    }
}

pub(super) fn wrong_type(column: usize) -> Fault {
    Fault::Wrong(format!("column {column} holds another type"))
}
