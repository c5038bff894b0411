//! Whether a user is suspended, until when and why.

use super::Tx;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// Checks that a user is not suspended now.
///
/// # Errors
/// `suspended`, with the reason, and with the time that is left unless it is for good.
pub(super) fn check_not_suspended(tx: &mut Tx, now: i64, user_id: UserId) -> Result<()> {
    let sql = "SELECT suspended_until, suspended_reason FROM users
               WHERE id = ?1 AND suspended_at IS NOT NULL AND (suspended_until IS NULL OR suspended_until > ?2)";
    let found: Option<(Option<i64>, Option<String>)> =
        tx.query_opt(sql, &[&user_id, &now], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((until, reason)) = found else { return Ok(()) };
    let error = match until {
        Some(until) => Error::allowed_in(Code::Suspended, until - now),
        None => Error::new(Code::Suspended),
    };
    Err(Error { reason, ..error.with_message("this account is suspended") })
}
