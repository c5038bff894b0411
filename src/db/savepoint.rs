//! How an act that shares a transaction with others is taken back alone.
//!
//! A savepoint costs a message about as much as one of its indexes, so it is set when an act first
//! writes and not before, and not at all by an act that refuses nothing from then on.

use super::fault::Fault;
use super::sqlite::Connection;

/// What an act that fails can be taken back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Savepoint {
    /// The beginning of the transaction, which is its own.
    #[default]
    Begin,
    /// Nothing was written yet.
    Unset,
    Set,
    /// Nothing but the whole batch, once more rows were changed than these.
    Waived {
        changes: u64,
    },
}

impl Connection {
    /// Begins an act in the open transaction, which it may share with others.
    pub(super) fn begin_act(&self, is_shared: bool) {
        self.savepoint.set(if is_shared { Savepoint::Unset } else { Savepoint::Begin });
    }

    /// Called before a statement that may change something.
    pub(super) fn before_writing(&self) -> Result<(), Fault> {
        if self.savepoint.get() == Savepoint::Unset {
            self.run("SAVEPOINT act")?;
            self.savepoint.set(Savepoint::Set);
        }
        Ok(())
    }

    /// From here on the act refuses nothing.
    pub(super) fn waive_savepoint(&self) {
        if self.savepoint.get() == Savepoint::Unset {
            self.savepoint.set(Savepoint::Waived { changes: self.changes() });
        }
    }

    /// Ends an act whose changes stay.
    pub(super) fn keep_act(&self) -> Result<(), Fault> {
        match self.savepoint.take() {
            Savepoint::Set => self.run("RELEASE act"),
            _ => Ok(()),
        }
    }

    /// Ends an act of which nothing may stay.
    ///
    /// # Errors
    /// Of the engine; [`Fault::Unavailable`] when the act cannot be taken back alone.
    pub(super) fn undo_act(&self) -> Result<(), Fault> {
        match self.savepoint.take() {
            Savepoint::Begin => self.run("ROLLBACK").and_then(|()| self.run("BEGIN")),
            Savepoint::Set => self.run("ROLLBACK TO act").and_then(|()| self.run("RELEASE act")),
            Savepoint::Waived { changes } if self.changes() != changes => {
                Err(Fault::Unavailable("an act failed behind its point of no return".into()))
            }
            Savepoint::Unset | Savepoint::Waived { .. } => Ok(()),
        }
    }
}
