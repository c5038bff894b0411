//! Whether a user is suspended, until when and why.

use super::Tx;
use crate::clock::rfc3339;
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// A suspension that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// When it ends by itself.
    pub until: Option<i64>,
    pub reason: Option<String>,
}

impl Suspension {
    /// Returns the error of what the user does meanwhile.
    pub fn refusal(&self, now: i64) -> Error {
        let until = self.until.map_or_else(String::new, |until| format!(" until {}", rfc3339(until)));
        let reason = self.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let error = match self.until {
            Some(until) => Error::allowed_in(Code::Suspended, until - now),
            None => Error::new(Code::Suspended),
        };
        error.with_message(format!("this account is suspended{until}{reason}"))
    }
}

/// Returns the suspension of a user, if there is one.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, now: i64, user_id: UserId) -> Result<Option<Suspension>> {
    let sql = "SELECT suspended_until, suspended_reason FROM users
               WHERE id = ?1 AND suspended_at IS NOT NULL AND (suspended_until IS NULL OR suspended_until > ?2)";
    let read = |row: &Row<'_>| Ok(Suspension { until: row.get(0)?, reason: row.get(1)? });
    Ok(tx.query_opt(sql, &[&user_id, &now], read)?)
}
