//! Who is an admin of the server.

use super::Tx;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Returns whether a user is an admin.
///
/// # Errors
/// Only those of the store.
pub fn is_admin(tx: &mut Tx, user_id: UserId) -> Result<bool> {
    let sql = "SELECT is_admin FROM users WHERE id = ?1 AND deleted_at IS NULL";
    Ok(tx.query_opt(sql, &[&user_id], |row| row.get(0))?.unwrap_or_default())
}

/// Checks that a user is an admin. A command of the operator is none and may do the same.
///
/// # Errors
/// `forbidden`.
pub fn require_admin(tx: &mut Tx, me: Option<UserId>) -> Result<()> {
    match me {
        Some(me) if !is_admin(tx, me)? => Err(Code::Forbidden.into()),
        _ => Ok(()),
    }
}
