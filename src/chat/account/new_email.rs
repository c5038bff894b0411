//! The new address of an account, where only addresses of some domains may sign up: it counts once it is confirmed by the link that
//! is mailed to it.

use serde_json::json;

use super::{change_email, refuse_taken};
use crate::chat::kinds::{JobKind, LinkKind};
use crate::chat::one_time_link::{self, Subject};
use crate::chat::session::Token;
use crate::chat::{Limits, Tx, outbox};
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::text;

/// A new address, and the account that is to have it.
#[derive(Clone, Debug)]
pub struct NewEmail {
    /// The name of the user.
    pub name: String,
    pub email: String,
}

/// Checks an address that a user wants to have, and returns it as it is stored.
///
/// # Errors
/// `invalid` or `too_long` with the field `email`; `email_taken`.
pub fn check(tx: &mut Tx, limits: &Limits, me: UserId, email: &str) -> Result<String> {
    let email = text::email(email)?;
    limits.server.get().check_email(&email)?;
    refuse_taken(tx, Some(me), &email)?;
    Ok(email)
}

/// Queues the mail with the link. One that waits is dropped, and the previous link revoked.
///
/// # Errors
/// As [`check`].
pub fn ask(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, email: &str, lang: &str) -> Result<()> {
    let email = check(tx, limits, me, email)?;
    outbox::drop_of_user(tx, JobKind::NewEmail, me)?;
    one_time_link::revoke(tx, LinkKind::NewEmail, me)?;
    let payload = json!({ "lang": lang, "email": email }).to_string();
    outbox::enqueue(tx, now, JobKind::NewEmail, me, Some(me), &payload)
}

/// Creates the link for a job of the outbox and returns it with the name of the user; `None` if the job was dropped.
///
/// # Errors
/// Only those of the store.
pub fn make_link(tx: &mut Tx, now: i64, me: UserId, job: i64, email: &str) -> Result<Option<(Token, String)>> {
    let sql = "SELECT u.name FROM users u JOIN outbox o ON o.user_id = u.id
               WHERE u.id = ?1 AND o.number = ?2 AND u.email IS NOT NULL AND u.deleted_at IS NULL";
    let Some(name) = tx.query_opt(sql, &[&me, &job], |row| row.get(0))? else { return Ok(None) };
    one_time_link::revoke(tx, LinkKind::NewEmail, me)?;
    let subject = Subject { user_id: Some(me), email: Some(email), by: None };
    let code = one_time_link::insert(tx, now, LinkKind::NewEmail, &subject)?;
    Ok(Some((code, name)))
}

/// Returns what a valid link changes, without using it.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn look(tx: &mut Tx, now: i64, code: &Token) -> Result<NewEmail> {
    let sql = "SELECT u.name, l.email FROM links l JOIN users u ON u.id = l.user_id
               WHERE l.code_hash = ?1 AND l.kind = ?2 AND l.ends_at > ?3 AND l.email IS NOT NULL";
    let found = tx.query_opt(sql, &[&code.hash(), &LinkKind::NewEmail, &now], |row| {
        Ok(NewEmail { name: row.get(0)?, email: row.get(1)? })
    });
    found?.ok_or(Code::Gone.into())
}

/// Changes the address by its link, which ends with all other links of the user. Of two simultaneous uses one succeeds.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed, and for an address that is no longer allowed; `email_taken`.
pub fn take(tx: &mut Tx, limits: &Limits, now: i64, code: &Token) -> Result<NewEmail> {
    let new = look(tx, now, code)?;
    let sql = "DELETE FROM links WHERE code_hash = ?1 AND kind = ?2 RETURNING user_id";
    let me: Option<UserId> = tx.query_opt(sql, &[&code.hash(), &LinkKind::NewEmail], |row| row.get(0))?.flatten();
    let me = me.ok_or(Code::Gone)?;
    change_email(tx, limits, me, &new.email, Some(now)).map_err(|error| match error.code {
        Code::Invalid | Code::NotFound => Code::Gone.into(),
        _ => error,
    })?;
    Ok(new)
}
