//! Suspended accounts: they stay with all they wrote, and cannot log in.

use crate::chat::kinds::AuditAction;
use crate::chat::{Tx, audit, bot_right, session};
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Suspends an account and ends its sessions; or lets it log in again. Rights of an admin end too,
/// and do not come back by themselves.
///
/// # Errors
/// `not_found` where nothing changes.
pub fn suspend(tx: &mut Tx, now: i64, user_id: UserId, on: bool) -> Result<()> {
    let changed = match on {
        true => tx.execute(
            "UPDATE users SET suspended_at = ?2, is_admin = 0 WHERE id = ?1 AND suspended_at IS NULL",
            &[&user_id, &now],
        )?,
        false => {
            tx.execute("UPDATE users SET suspended_at = NULL WHERE id = ?1 AND suspended_at IS NOT NULL", &[&user_id])?
        }
    };
    match (changed, on) {
        (0, _) => Err(Code::NotFound.into()),
        (_, true) => {
            audit::append(tx, now, None, AuditAction::AccountSuspended, None, user_id)?;
            for bot in bot_right::bots_of(tx, user_id)? {
                session::close_all(tx, bot, None)?;
            }
            session::close_all(tx, user_id, None)
        }
        (_, false) => {
            audit::append(tx, now, None, AuditAction::AccountRestored, None, user_id)?;
            Ok(())
        }
    }
}
