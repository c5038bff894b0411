//! Accounts: people who stay, with an e-mail and a password, or brought along by another server.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::SessionId;
use super::user::{self, User, UserKind};
use super::{Fact, Limits, Tx, session};
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text;

mod admin;
mod delete;

pub use admin::{find_admin, is_admin, make_admin};
pub use delete::{Erased, Left, erase, erased, find_erasing, leave, leave_room, said_after};

/// A person as they see themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    /// Null for guests, and for people whom another server has brought.
    pub email: Option<String>,
    pub bio: String,
    /// Whether others are kept from seeing when one is here.
    pub hides_presence: bool,
    /// Whether one keeps order in the whole house.
    pub is_admin: bool,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

/// Somebody who signs up. The password is hashed outside of any transaction.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: String,
    pub password_hash: String,
    /// Left out, a guest keeps theirs and a stranger gets `fallback_name`.
    pub name: Option<String>,
    pub fallback_name: String,
}

/// What somebody changes of themselves; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub bio: Option<String>,
    pub email: Option<String>,
    pub hides_presence: Option<bool>,
}

/// Makes an account; of `guest`, if it is one's own guest that stays: same id, rooms and messages.
/// Returns the sessions that ended with it, as whoever knew the guest's token must not know the
/// account's.
///
/// # Errors
/// `invalid` or `too_long` with the field `email` or `name`; `email_taken`; `forbidden` for who has
/// an account already.
pub fn sign_up(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    guest: Option<UserId>,
    new: NewAccount,
) -> Result<(User, Vec<SessionId>)> {
    let email = text::email(&new.email)?;
    let folded = text::fold(&email);
    let taken = |fault: crate::db::Fault| if fault.is_unique() { Code::EmailTaken.into() } else { Error::from(fault) };
    let Some(me) = guest else {
        if let Some(name) = &new.name {
            user::check_look(tx, limits, None, name)?;
        }
        let name = new.name.unwrap_or(new.fallback_name);
        let user = user::make(tx, limits, now, UserKind::Account, &name)?;
        let sql = "UPDATE users SET email = ?2, email_folded = ?3, password_hash = ?4 WHERE id = ?1";
        tx.execute(sql, &[&user.id, &email, &folded, &new.password_hash]).map_err(taken)?;
        return Ok((user, Vec::new()));
    };
    if user::get(tx, me)?.kind != UserKind::Guest {
        return Err(Error::new(Code::Forbidden).with_message("whoever has an account logs out first"));
    }
    if let Some(name) = new.name {
        user::rename(tx, limits, me, &name)?;
    }
    tx.execute(
        "UPDATE users SET kind = ?2, email = ?3, email_folded = ?4, password_hash = ?5 WHERE id = ?1",
        &[&me, &UserKind::Account, &email, &folded, &new.password_hash],
    )
    .map_err(taken)?;
    let ended = session::close_all(tx, me, None)?;
    let user = user::get(tx, me)?;
    tx.publish(Fact::UserChanged(Box::new(user.clone())));
    Ok((user, ended))
}

/// Whose e-mail it is, and the PHC string to verify their password against.
///
/// # Errors
/// Only those of the store.
pub fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<(UserId, String)>> {
    let sql = "SELECT id, password_hash FROM users
               WHERE email_folded = ?1 AND email_folded IS NOT NULL AND password_hash IS NOT NULL";
    Ok(tx.query_opt(sql, &[&text::fold(email.trim())], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Oneself, whole.
///
/// # Errors
/// `not_found` for nobody.
pub fn get(tx: &mut Tx, me: UserId) -> Result<Account> {
    let user = user::get(tx, me)?;
    let sql = "SELECT email, bio, hides_presence, is_admin, created_at FROM users WHERE id = ?1";
    Ok(tx.query_one(sql, &[&me], |row| {
        Ok(Account {
            email: row.get(0)?,
            bio: row.get(1)?,
            hides_presence: row.get(2)?,
            is_admin: row.get(3)?,
            created_at: rfc3339(row.get(4)?),
            user: user.clone(),
        })
    })?)
}

/// The PHC string of one's password; `None` for who has none: guests, and people whom another
/// server has brought.
///
/// # Errors
/// Only those of the store.
pub fn password_hash(tx: &mut Tx, me: UserId) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM users WHERE id = ?1";
    Ok(tx.query_opt(sql, &[&me], |row| row.get(0))?.flatten())
}

/// Changes what one is shown with, or one's e-mail.
///
/// # Errors
/// `invalid` or `too_long` with the field; `email_taken`; `not_found` for nobody.
pub fn change(tx: &mut Tx, limits: &Limits, me: UserId, change: Change) -> Result<Account> {
    if let Some(name) = &change.name {
        user::rename(tx, limits, me, name)?;
    }
    if let Some(bio) = &change.bio {
        let bio = text::bio(bio, limits.bio_max)?;
        tx.execute("UPDATE users SET bio = ?2 WHERE id = ?1", &[&me, &bio])?;
    }
    if let Some(hides) = change.hides_presence {
        tx.execute("UPDATE users SET hides_presence = ?2 WHERE id = ?1", &[&me, &hides])?;
    }
    if let Some(email) = &change.email {
        let email = text::email(email)?;
        let sql = "UPDATE users SET email = ?2, email_folded = ?3 WHERE id = ?1";
        let done = tx.execute(sql, &[&me, &email, &text::fold(&email)]);
        done.map_err(|fault| if fault.is_unique() { Code::EmailTaken.into() } else { Error::from(fault) })?;
        // A link that was mailed to the old address opens nothing any more.
        super::one_time_link::forget_all_of(tx, me)?;
    }
    get(tx, me)
}

/// Gives an account another password and ends its sessions but the one that is kept; returns those
/// that ended. A link for a forgotten password opens nothing any more.
///
/// # Errors
/// `not_found` for who has no e-mail to log in with.
pub fn set_password(tx: &mut Tx, me: UserId, hash: &str, keep: Option<SessionId>) -> Result<Vec<SessionId>> {
    let sql = "UPDATE users SET password_hash = ?2 WHERE id = ?1 AND email_folded IS NOT NULL AND deleted_at IS NULL";
    if tx.execute(sql, &[&me, &hash])? == 0 {
        return Err(Code::NotFound.into());
    }
    super::one_time_link::forget_all_of(tx, me)?;
    session::close_all(tx, me, keep)
}
