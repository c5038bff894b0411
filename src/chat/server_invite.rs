//! Invites to sign up, where the settings of the server ask for one.

use super::admin_rights::require_admin;
use super::kinds::AuditAction;
use super::{Tx, audit, invite, server_user};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// The most valid invites of the server.
const MOST: u64 = 1_000;

/// An invite to sign up, for admins. It holds a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct ServerInvite {
    /// 128 random bits.
    pub code: String,
    /// How many may still sign up with it; `None` without a limit.
    pub uses_left: Option<u32>,
    /// Milliseconds since 1970 UTC; `None` without an end.
    pub ends_at: Option<i64>,
    pub created_at: i64,
}

/// Creates an invite that ends after so many uses or hours, if any, or when it is revoked. Admins and commands may.
///
/// # Errors
/// `forbidden` unless an admin; `invalid` with the field `uses` or `hours`; `too_many`.
pub fn create(
    tx: &mut Tx,
    now: i64,
    me: Option<UserId>,
    uses: Option<u32>,
    hours: Option<u32>,
) -> Result<ServerInvite> {
    require_admin(tx, me)?;
    let ends_at = invite::checked_end(now, uses, hours)?;
    tx.execute("DELETE FROM server_invites WHERE ends_at <= ?1", &[&now])?;
    if tx.query_one("SELECT COUNT(*) FROM server_invites", &[], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let by = match me {
        Some(me) => me,
        None => server_user::get(tx, now)?.id,
    };
    let code = invite::new_code();
    tx.execute(
        "INSERT INTO server_invites (code, by_user_id, uses_left, ends_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[&code, &by, &uses, &ends_at, &now],
    )?;
    audit::append(tx, now, me, AuditAction::InviteCreated, None, "-")?;
    Ok(ServerInvite { code, uses_left: uses, ends_at, created_at: now })
}

/// Returns the valid invites, the newest first.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn list(tx: &mut Tx, now: i64, me: Option<UserId>) -> Result<Vec<ServerInvite>> {
    require_admin(tx, me)?;
    let sql = "SELECT code, uses_left, ends_at, created_at FROM server_invites WHERE ends_at IS NULL OR ends_at > ?1
               ORDER BY created_at DESC, code LIMIT ?2";
    Ok(tx.query_all(sql, &[&now, &MOST], |row| {
        let mut c = row.columns();
        Ok(ServerInvite { code: c.next()?, uses_left: c.next()?, ends_at: c.next()?, created_at: c.next()? })
    })?)
}

/// Revokes an invite.
///
/// # Errors
/// `forbidden` unless an admin; `not_found`.
pub fn revoke(tx: &mut Tx, now: i64, me: Option<UserId>, code: &str) -> Result<()> {
    require_admin(tx, me)?;
    match tx.execute("DELETE FROM server_invites WHERE code = ?1", &[&code])? {
        0 => Err(Code::NotFound.into()),
        _ => audit::append(tx, now, me, AuditAction::InviteRevoked, None, "-"),
    }
}

/// Revokes the invites of somebody who is no admin any more.
pub(super) fn revoke_all_by(tx: &mut Tx, by: UserId) -> Result<()> {
    tx.execute("DELETE FROM server_invites WHERE by_user_id = ?1", &[&by])?;
    Ok(())
}

/// Uses an invite once. A later failure in the same transaction undoes it.
///
/// # Errors
/// `gone` with the field `invite`, whatever the reason.
pub(super) fn take(tx: &mut Tx, now: i64, code: &str) -> Result<()> {
    // One statement checks and counts, so the last use goes to one user, on any engine.
    let sql = "UPDATE server_invites SET uses_left = uses_left - 1
               WHERE code = ?1 AND (ends_at IS NULL OR ends_at > ?2) AND (uses_left IS NULL OR uses_left > 0)
               RETURNING uses_left";
    let left = tx.query_opt(sql, &[&code, &now], |row| row.get::<Option<i64>>(0))?;
    let left = left.ok_or_else(|| Error::new(Code::Gone).with_field("invite"))?;
    if left == Some(0) {
        tx.execute("DELETE FROM server_invites WHERE code = ?1", &[&code])?;
    }
    Ok(())
}
