//! Database errors, classified by what to do about them.

use crate::error::{Code, Error};

/// A database error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A unique index was violated. The caller handles it; unhandled it is a bug.
    Unique(String),
    /// The database is locked by another process, or has no connection left. It recovers by itself.
    Unavailable(String),
    /// The transaction lost against another one, and may succeed when it is run again.
    Conflict(String),
    /// The disk is full. It recovers as soon as there is space.
    Full(String),
    /// An I/O error, corruption, a missing file or a cut connection. The connection must be reopened and checked before the
    /// next commit.
    Broken(String),
    /// The statement took longer than its deadline allows.
    Late(String),
    /// The database belongs to a newer version of this program.
    Newer { schema: i64, known: i64 },
    /// The database cannot be used as it is. The sentence says why, and what to do.
    Refused(String),
    /// A bug: SQL that does not parse, or a column of another type.
    Wrong(String),
}

impl Fault {
    pub fn is_unique(&self) -> bool {
        matches!(self, Fault::Unique(_))
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Fault::Broken(_))
    }

    /// Whether nothing of the transaction can be kept in which it came.
    pub(super) fn ends_transaction(&self) -> bool {
        matches!(self, Fault::Broken(_) | Fault::Conflict(_))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, detail) = match self {
            Fault::Unique(detail) => ("unique constraint", detail),
            Fault::Unavailable(detail) => ("database unavailable", detail),
            Fault::Conflict(detail) => ("conflict of transactions", detail),
            Fault::Full(detail) => ("disk full", detail),
            Fault::Broken(detail) => ("database error", detail),
            Fault::Late(detail) => ("timed out", detail),
            Fault::Newer { schema, known } => {
                return write!(f, "it has schema {schema}, newer than {known} (use a newer version of madang)");
            }
            Fault::Refused(sentence) => return f.write_str(sentence),
            Fault::Wrong(detail) => ("invalid statement", detail),
        };
        write!(f, "{what}: {detail}")
    }
}

impl std::error::Error for Fault {}

/// A file beside the database cannot be created, read or written.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Fault::Unavailable(error.to_string())
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(_) | Fault::Full(_) | Fault::Broken(_) => {
                tracing::warn!(%fault, "the database is unavailable");
                Code::Unavailable.into()
            }
            Fault::Late(_) | Fault::Conflict(_) => Code::Busy.into(),
            Fault::Unique(_) | Fault::Newer { .. } | Fault::Refused(_) | Fault::Wrong(_) => Error::internal(fault),
        }
    }
}
