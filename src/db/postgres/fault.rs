//! PostgreSQL's errors, classified by what to do about them.

use std::error::Error as _;

use postgres::error::SqlState;

use super::value::Misfit;
use crate::db::fault::Fault;

/// Describes an error with its cause, without parameters: a detail often has one, and so has the message of a wrong value
/// (22) or of a text that does not parse.
pub(super) fn describe(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(failure) if failure.code().code().starts_with("22") || *failure.code() == SqlState::SYNTAX_ERROR => {
            format!("a value or a text is wrong ({})", failure.code().code())
        }
        Some(failure) => format!("{} ({})", failure.message(), failure.code().code()),
        None => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        }
    }
}

impl From<postgres::Error> for Fault {
    fn from(error: postgres::Error) -> Self {
        let detail = describe(&error);
        let Some(state) = error.code() else {
            let is_misfit = error.source().is_some_and(|cause| cause.is::<Misfit>());
            // Anything else without a code is a connection that is cut or out of step.
            return if is_misfit { Fault::Wrong(detail) } else { Fault::Broken(detail) };
        };
        match *state {
            SqlState::UNIQUE_VIOLATION => Fault::Unique(detail),
            SqlState::QUERY_CANCELED => Fault::Late(detail),
            SqlState::DISK_FULL => Fault::Full(detail),
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Fault::Conflict(detail),
            SqlState::LOCK_NOT_AVAILABLE
            | SqlState::INSUFFICIENT_RESOURCES
            | SqlState::CONFIGURATION_LIMIT_EXCEEDED
            | SqlState::TOO_MANY_CONNECTIONS
            // The password has changed, or the database was renamed, since the start.
            | SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::INVALID_CATALOG_NAME
            | SqlState::OUT_OF_MEMORY => Fault::Unavailable(detail),
            // The server of this connection is a standby now; another one takes writes.
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | SqlState::DATA_CORRUPTED
            | SqlState::INDEX_CORRUPTED => Fault::Broken(detail),
            // Behind a pooler that gives each transaction another connection.
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                Fault::Broken(format!("{detail}; behind a pooler in transaction mode set DATABASE_PREPARE=off"))
            }
            // Connections (08), the end of the server (57P), its files (58).
            _ if ["08", "57P", "58"].iter().any(|class| state.code().starts_with(class)) => Fault::Broken(detail),
            _ => Fault::Wrong(detail),
        }
    }
}
