//! Accounts: users with an e-mail and a password, and users that another server has brought.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::SessionId;
use super::user::{self, User, UserKind};
use super::{Limits, Tx, one_time_link, session};
use crate::clock::rfc3339;
use crate::db::Fault;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text;

mod admin;
mod create;
mod delete;
pub mod new_email;
mod suspend;

pub use super::admin_rights::{is_admin, require_admin};
pub use super::kinds::DirectFrom;
pub use admin::{demote, find_admin, lock_admins, make_admin};
pub use create::{NewAccount, create};
pub use delete::{
    Erased, Leftovers, begin_deletion, begin_own_deletion, delete_by, erase, erased, find_erasing, leave, leave_room,
    said_after,
};
pub use suspend::{end_suspensions, is_suspended_for_good, restore, suspend};

/// A user as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    /// Null for guests, and for users that another server has brought.
    pub email: Option<String>,
    pub bio: String,
    /// Whether the presence is hidden from others, and theirs from the user.
    pub hides_presence: bool,
    /// Whether the read marks are hidden from others, and theirs from the user.
    pub hides_reads: bool,
    /// Who may open a direct room with the user.
    pub direct_from: DirectFrom,
    /// Whether the directory lists the user.
    pub listed: bool,
    /// Whether the user is an admin of the server.
    pub is_admin: bool,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

/// Changes of one's own account; a field that is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub bio: Option<String>,
    pub email: Option<String>,
    pub hides_presence: Option<bool>,
    pub hides_reads: Option<bool>,
    pub direct_from: Option<DirectFrom>,
    pub listed: Option<bool>,
}

/// Returns the user of an e-mail, and the PHC string to verify their password against.
///
/// # Errors
/// Only those of the store.
pub fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<(UserId, String)>> {
    let sql = "SELECT id, password_hash FROM users
               WHERE email_folded IN (?1, ?2) AND email_folded IS NOT NULL AND password_hash IS NOT NULL
               ORDER BY created_at, id LIMIT 1";
    // Earlier versions stored a host in Hangul as it was typed.
    let keys: [String; 2] = [text::email_key(email), text::fold(email.trim())];
    Ok(tx.query_opt(sql, &[&keys[0], &keys[1]], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Refuses an e-mail that another user has, also one that an earlier version has stored in another form.
fn refuse_taken(tx: &mut Tx, me: Option<UserId>, email: &str) -> Result<()> {
    match find_by_email(tx, email)? {
        Some((owner, _)) if Some(owner) != me => Err(Code::EmailTaken.into()),
        _ => Ok(()),
    }
}

/// Returns one's own account.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx, me: UserId) -> Result<Account> {
    let user = user::get(tx, me)?;
    let sql = "SELECT email, bio, hides_presence, hides_reads, direct_from, is_listed, is_admin, created_at FROM users
               WHERE id = ?1";
    Ok(tx.query_one(sql, &[&me], |row| {
        let mut c = row.columns();
        let (email, bio, hides_presence, hides_reads) = (c.next()?, c.next()?, c.next()?, c.next()?);
        let (direct_from, listed, is_admin, created_at) = (c.next()?, c.next()?, c.next()?, rfc3339(c.next()?));
        let user = user.clone();
        Ok(Account { user, email, bio, hides_presence, hides_reads, direct_from, listed, is_admin, created_at })
    })?)
}

/// Returns the PHC string of a user's password; `None` for guests, and for users that another server has brought.
///
/// # Errors
/// Only those of the store.
pub fn password_hash(tx: &mut Tx, me: UserId) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    Ok(tx.query_opt(sql, &[&me], |row| row.get(0))?.flatten())
}

/// Changes one's own account.
///
/// # Errors
/// `invalid` or `too_long` with the field; `email_taken`; `not_found`.
pub fn change(tx: &mut Tx, limits: &Limits, me: UserId, change: Change) -> Result<Account> {
    if let Some(name) = &change.name {
        user::rename(tx, limits, me, name)?;
    }
    if let Some(bio) = &change.bio {
        let bio = text::bio(bio, limits.bio_max)?;
        limits.check_words("bio", &bio)?;
        tx.execute("UPDATE users SET bio = ?2 WHERE id = ?1", &[&me, &bio])?;
    }
    if let Some(hides) = change.hides_presence {
        tx.execute("UPDATE users SET hides_presence = ?2 WHERE id = ?1", &[&me, &hides])?;
    }
    if let Some(hides) = change.hides_reads {
        tx.execute("UPDATE users SET hides_reads = ?2 WHERE id = ?1", &[&me, &hides])?;
    }
    if let Some(from) = change.direct_from {
        tx.execute("UPDATE users SET direct_from = ?2 WHERE id = ?1", &[&me, &from])?;
    }
    if let Some(listed) = change.listed {
        tx.execute("UPDATE users SET is_listed = ?2 WHERE id = ?1", &[&me, &listed])?;
    }
    if let Some(email) = &change.email {
        change_email(tx, limits, me, email, None)?;
    }
    get(tx, me)
}

/// Changes the address of an account. `confirmed_at` is when it was shown to be the user's. Links that were mailed to the old address
/// end.
///
/// # Errors
/// `invalid` or `too_long` with the field `email`; `email_taken`; `not_found` for a user without an account.
fn change_email(tx: &mut Tx, limits: &Limits, me: UserId, email: &str, confirmed_at: Option<i64>) -> Result<()> {
    let email = new_email::check(tx, limits, me, email)?;
    let sql = "UPDATE users SET email = ?2, email_folded = ?3, email_confirmed_at = ?4
               WHERE id = ?1 AND email IS NOT NULL AND deleted_at IS NULL";
    if tx.execute(sql, &[&me, &email, &text::email_key(&email), &confirmed_at]).map_err(taken)? == 0 {
        return Err(Code::NotFound.into());
    }
    one_time_link::revoke_all_of(tx, me)
}

/// Gives a user an e-mail address and a password to log in with: they have an account then. `confirmed_at` is when the address
/// was shown to be theirs.
///
/// # Errors
/// `email_taken`.
pub(super) fn set_log_in(
    tx: &mut Tx,
    user_id: UserId,
    email: &str,
    password_hash: &str,
    confirmed_at: Option<i64>,
) -> Result<()> {
    refuse_taken(tx, Some(user_id), email)?;
    let sql = "UPDATE users SET kind = ?2, email = ?3, email_folded = ?4, password_hash = ?5, email_confirmed_at = ?6
               WHERE id = ?1";
    let folded = text::email_key(email);
    let done = tx.execute(sql, &[&user_id, &UserKind::Account, &email, &folded, &password_hash, &confirmed_at]);
    done.map(drop).map_err(taken)
}

fn taken(fault: Fault) -> Error {
    if fault.is_unique() { Code::EmailTaken.into() } else { Error::from(fault) }
}

/// Sets the password of an account, revokes its one-time links and ends its sessions except `keep`.
///
/// # Errors
/// `not_found` for a user without an e-mail to log in with.
pub fn set_password(tx: &mut Tx, me: UserId, hash: &str, keep: Option<SessionId>) -> Result<()> {
    let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1 AND email_folded IS NOT NULL AND deleted_at IS NULL";
    if tx.execute(sql, &[&me, &hash])? == 0 {
        return Err(Code::NotFound.into());
    }
    one_time_link::revoke_all_of(tx, me)?;
    session::close_all(tx, me, keep)
}
