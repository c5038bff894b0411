//! What can go wrong between us and the engine, sorted by what to do about it.

use crate::error::{Code, Error};

/// A statement that the engine refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A row like it is there already. The caller knows what that means; left unhandled it is a
    /// fault of ours.
    Unique(String),
    /// The store cannot take it now: locked by another process, or the disk is full. It recovers
    /// by itself.
    Unavailable(String),
    /// The store failed under us: I/O error, corruption, no file. The connection must be opened
    /// anew and checked before anything more is promised.
    Broken(String),
    /// The statement took longer than its deadline allows.
    Late(String),
    /// Our own mistake: SQL that does not parse, a column of another type.
    Wrong(String),
}

impl Fault {
    pub fn is_unique(&self) -> bool {
        matches!(self, Fault::Unique(_))
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Fault::Broken(_))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, detail) = match self {
            Fault::Unique(detail) => ("not unique", detail),
            Fault::Unavailable(detail) => ("store unavailable", detail),
            Fault::Broken(detail) => ("store broken", detail),
            Fault::Late(detail) => ("took too long", detail),
            Fault::Wrong(detail) => ("wrong statement", detail),
        };
        write!(f, "{what}: {detail}")
    }
}

impl std::error::Error for Fault {}

/// A file beside the database that cannot be made, read or written.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Fault::Unavailable(error.to_string())
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(_) | Fault::Broken(_) => {
                tracing::warn!(%fault, "the store does not answer");
                Code::Unavailable.into()
            }
            Fault::Late(_) => Code::Busy.into(),
            Fault::Unique(_) | Fault::Wrong(_) => Error::internal(fault),
        }
    }
}
