//! Admins of the server.

use crate::chat::kinds::AuditAction;
use crate::chat::suspension::check_not_suspended;
use crate::chat::{Tx, audit, one_time_link, outgoing_hook, server_invite};
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Makes an account an admin. `by` is another admin, the account itself with a link, or `None` for a command.
///
/// # Errors
/// `forbidden` for a user without an e-mail and a password; `suspended`.
pub fn make_admin(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId) -> Result<()> {
    check_not_suspended(tx, now, user_id)?;
    let sql = "UPDATE users SET is_admin = 1 WHERE id = ?1 AND password_hash IS NOT NULL AND deleted_at IS NULL";
    if tx.execute(sql, &[&user_id])? == 0 {
        return Err(Code::Forbidden.into());
    }
    audit::append(tx, now, by, AuditAction::AdminMade, None, user_id)
}

/// Locks all admins until the end of the transaction. Comes before the actor's rights are read, so that the last two do not end
/// their rights or each other's at the same moment.
///
/// # Errors
/// Only those of the store.
pub fn lock_admins(tx: &mut Tx) -> Result<()> {
    tx.execute("UPDATE users SET is_admin = 1 WHERE is_admin = 1", &[])?;
    Ok(())
}

/// Ends what an admin has made for the server: webhooks, invites, and links to reset a password.
pub(super) fn end_admin_rights(tx: &mut Tx, now: i64, user_id: UserId) -> Result<()> {
    outgoing_hook::revoke_server_hooks_of(tx, now, user_id)?;
    server_invite::revoke_all_by(tx, user_id)?;
    one_time_link::revoke_all_by(tx, user_id)
}

/// Returns any admin, if there is one. It reads the whole table, so only the start of the server uses it.
///
/// # Errors
/// Only those of the store.
pub fn find_admin(tx: &mut Tx) -> Result<Option<UserId>> {
    Ok(tx.query_opt("SELECT id FROM users WHERE is_admin = 1 LIMIT 1", &[], |row| row.get(0))?)
}

/// Takes the rights of an admin from an account, and returns whether it had them. Its server invites, its
/// server webhooks and the links that it has made end.
///
/// # Errors
/// Only those of the database.
pub fn demote(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId) -> Result<bool> {
    let sql = "UPDATE users SET is_admin = 0 WHERE id = ?1 AND is_admin = 1";
    if tx.execute(sql, &[&user_id])? == 0 {
        return Ok(false);
    }
    end_admin_rights(tx, now, user_id)?;
    audit::append(tx, now, by, AuditAction::AdminRemoved, None, user_id)?;
    Ok(true)
}
