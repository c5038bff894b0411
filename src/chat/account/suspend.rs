//! Suspended users: they stay with all they wrote, and cannot log in.

use super::admin::end_admin_rights;
use crate::chat::admin_rights::is_admin;
use crate::chat::kinds::AuditAction;
use crate::chat::{Tx, audit, bot_right, end_after, invite, session};
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Suspends a user, for some hours or for good, and ends their sessions, those of their bots, their webhooks and their invites.
/// Rights of an admin end too, with the links that they have made. Neither comes back by itself. Suspending
/// again changes the end and the reason. `by` is the admin, `None` for a command.
///
/// # Errors
/// `invalid` with the field `hours`; `not_found` for a user who does not exist.
pub fn suspend(
    tx: &mut Tx,
    now: i64,
    by: Option<UserId>,
    user_id: UserId,
    hours: Option<u32>,
    reason: Option<&str>,
) -> Result<()> {
    let until = end_after(now, hours)?;
    if is_admin(tx, user_id)? {
        end_admin_rights(tx, now, user_id)?;
    }
    let sql = "UPDATE users SET suspended_at = COALESCE(suspended_at, ?2), suspended_until = ?3, suspended_reason = ?4,
                 is_admin = 0
               WHERE id = ?1 AND deleted_at IS NULL";
    if tx.execute(sql, &[&user_id, &now, &until, &reason])? == 0 {
        return Err(Code::NotFound.into());
    }
    audit::append(tx, now, by, AuditAction::AccountSuspended, None, user_id)?;
    tx.execute("UPDATE hooks SET revoked_at = ?2 WHERE by_user_id = ?1 AND revoked_at IS NULL", &[&user_id, &now])?;
    invite::revoke_all_by(tx, user_id)?;
    for bot in bot_right::bots_of(tx, user_id)? {
        session::close_all(tx, bot, None)?;
    }
    session::close_all(tx, user_id, None)
}

/// Returns whether a user is suspended without an end.
///
/// # Errors
/// Only those of the store.
pub fn is_suspended_for_good(tx: &mut Tx, user_id: UserId) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND suspended_at IS NOT NULL AND suspended_until IS NULL";
    Ok(tx.query_opt(sql, &[&user_id], |row| row.get::<i64>(0))?.is_some())
}

/// Lets a suspended user log in again.
///
/// # Errors
/// `not_found` for a user who is not suspended.
pub fn restore(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId) -> Result<()> {
    let sql = "UPDATE users SET suspended_at = NULL, suspended_until = NULL, suspended_reason = NULL
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
    let sql = "UPDATE users SET suspended_at = NULL, suspended_until = NULL, suspended_reason = NULL
               WHERE suspended_until IS NOT NULL AND suspended_until <= ?1";
    tx.execute(sql, &[&now])?;
    Ok(())
}
