//! The copy of a database file into the database of a server.

use super::copy::{self, Copied, CopyProgress, Table, Target};
use super::fault::Fault;
use super::postgres;
use super::sqlite::{self, Inspection};

/// A database file, and the database of a server that it is copied into.
pub struct StoreCopy {
    source: Inspection,
    tables: Vec<Table>,
    target: Box<dyn Target>,
}

impl StoreCopy {
    /// Opens both. No server may use either.
    ///
    /// # Errors
    /// [`Fault::Refused`] when the source has another schema, or the target has rows that are no part of a copy; others
    /// when one cannot be opened.
    pub fn open(source: Inspection, target: postgres::Options) -> Result<Self, Fault> {
        let (schema, known) = (source.schema()?, sqlite::SCHEMA);
        if schema > known {
            return Err(Fault::Newer { schema, known });
        }
        if schema < known {
            return Err(Fault::Refused(format!(
                "the database file has schema {schema}, and this version has {known}: start the server on it once, \
                 without DATABASE_URL"
            )));
        }
        let tables = sqlite::tables(&source)?;
        let target = postgres::open_target(postgres::Options { is_copy: true, ..target })?;
        copy::check_target(&*target, &tables)?;
        Ok(Self { source, tables, target })
    }

    /// Counts what the copy takes.
    ///
    /// # Errors
    /// Any [`Fault`].
    pub fn count(&self) -> Result<Copied, Fault> {
        copy::count(self.source.connection(), &self.tables)
    }

    /// Copies all rows, or those that an earlier call left, and compares both databases. The first server on the copy
    /// gives every room a new epoch. The search index is not copied.
    ///
    /// # Errors
    /// One of `watch`, after which another call goes on; [`Fault::Refused`] when the source has changed since an earlier
    /// call; others of the databases.
    pub fn run(&self, mut watch: impl FnMut(CopyProgress) -> Result<(), Fault>) -> Result<Copied, Fault> {
        copy::copy(self.source.connection(), &*self.target, &self.tables, &mut watch)
    }
}
