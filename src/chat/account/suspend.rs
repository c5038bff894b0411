//! Suspended users: they stay with all they wrote, and cannot log in.

use crate::chat::kinds::AuditAction;
use crate::chat::{Tx, audit, session};
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Suspends a user and ends their sessions, until a time or for good. Rights of an admin end too, and do not come back
/// by themselves. `by` is the admin, `None` for a command.
///
/// # Errors
/// `not_found` for a user who does not exist or is suspended already.
pub fn suspend(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId, until: Option<i64>) -> Result<()> {
    let sql = "UPDATE users SET suspended_at = ?2, suspended_until = ?3, is_admin = 0
               WHERE id = ?1 AND suspended_at IS NULL AND deleted_at IS NULL";
    if tx.execute(sql, &[&user_id, &now, &until])? == 0 {
        return Err(Code::NotFound.into());
    }
    audit::append(tx, now, by, AuditAction::AccountSuspended, None, user_id)?;
    session::close_all(tx, user_id, None)
}

/// Lets a suspended user log in again.
///
/// # Errors
/// `not_found` for a user who is not suspended.
pub fn restore(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId) -> Result<()> {
    let sql = "UPDATE users SET suspended_at = NULL, suspended_until = NULL
               WHERE id = ?1 AND suspended_at IS NOT NULL";
    match tx.execute(sql, &[&user_id])? {
        0 => Err(Code::NotFound.into()),
        _ => audit::append(tx, now, by, AuditAction::AccountRestored, None, user_id),
    }
}

/// Forgets the suspensions that have ended.
///
/// # Errors
/// Only those of the store.
pub fn end_suspensions(tx: &mut Tx, now: i64) -> Result<()> {
    let sql = "UPDATE users SET suspended_at = NULL, suspended_until = NULL
               WHERE suspended_until IS NOT NULL AND suspended_until <= ?1";
    tx.execute(sql, &[&now])?;
    Ok(())
}
