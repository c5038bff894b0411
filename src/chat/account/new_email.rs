//! The new address of an account, where only addresses of some domains may sign up: it counts once its owner has opened the link
//! that is mailed to it.

use serde_json::json;

use super::{change_email, refuse_taken};
use crate::chat::kinds::{JobKind, LinkKind};
use crate::chat::one_time_link::{self, Subject};
use crate::chat::session::Token;
use crate::chat::{Limits, Tx, outbox};
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::text;

/// Queues the mail with the link, in place of one that waits.
///
/// # Errors
/// `invalid` or `too_long` with the field `email`; `email_taken`.
pub fn ask(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, email: &str, lang: &str) -> Result<()> {
    let email = text::email(email)?;
    limits.server.get().check_email(&email)?;
    refuse_taken(tx, Some(me), &email)?;
    outbox::drop_target(tx, JobKind::NewEmail, me)?;
    let payload = json!({ "lang": lang, "email": email }).to_string();
    outbox::enqueue(tx, now, JobKind::NewEmail, me, Some(me), &payload)
}

/// Creates the link; `None` for a user who has no account any more. The previous link of the user is revoked.
///
/// # Errors
/// Only those of the store.
pub fn make_link(tx: &mut Tx, now: i64, me: UserId, email: &str) -> Result<Option<Token>> {
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND email IS NOT NULL AND deleted_at IS NULL";
    if tx.query_opt(sql, &[&me], |row| row.get::<i64>(0))?.is_none() {
        return Ok(None);
    }
    tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id = ?2", &[&LinkKind::NewEmail, &me])?;
    let subject = Subject { user_id: Some(me), email: Some(email), by: None };
    one_time_link::insert(tx, now, LinkKind::NewEmail, &subject).map(Some)
}

/// Returns whose address a valid link changes, and to which, without using it.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed.
pub fn look(tx: &mut Tx, now: i64, code: &Token) -> Result<(UserId, String)> {
    let sql = "SELECT user_id, email FROM links
               WHERE code_hash = ?1 AND kind = ?2 AND ends_at > ?3 AND user_id IS NOT NULL AND email IS NOT NULL";
    let found = tx.query_opt(sql, &[&code.hash(), &LinkKind::NewEmail, &now], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.ok_or(Code::Gone.into())
}

/// Changes the address by its link, which ends with all other links of the user.
///
/// # Errors
/// `gone` for a link that was used, has ended or never existed; `email_taken`; `invalid` with the field `email`.
pub fn take(tx: &mut Tx, limits: &Limits, now: i64, code: &Token) -> Result<()> {
    let (me, email) = look(tx, now, code)?;
    change_email(tx, limits, me, &email, Some(now))
}
