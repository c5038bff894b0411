//! API keys of servers that bring their own users, such as the customers of a shop. The server identifies each by
//! an id of its own and gets a session token for them.

use schemars::JsonSchema;
use serde::Serialize;

use super::kinds::{AuditAction, UserKind};
use super::session::Token;
use super::user::{self, User};
use super::{Fact, Limits, Tx, audit};
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::{KeyId, UserId};
use crate::text;

/// Bytes of a user's id at the other server.
const EXTERNAL_ID_MAX: usize = 200;
/// Bytes of a picture's address.
const PICTURE_MAX: usize = 2_000;

/// A key as the operator sees it. Its secret is shown once, on creation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    pub id: KeyId,
    pub name: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    pub revoked_at: Option<String>,
}

/// A user of another server.
#[derive(Clone, Debug)]
pub struct ExternalUser {
    pub external_id: String,
    pub name: String,
    pub picture: Option<String>,
}

/// Creates a key and returns it with its secret.
///
/// # Errors
/// `invalid` or `too_long` with the field `name`.
pub fn create(tx: &mut Tx, limits: &Limits, now: i64, name: &str) -> Result<(Key, Token)> {
    let (id, name, secret) = (KeyId::new(now), text::name(name, limits.name_max)?, Token::new());
    tx.execute(
        "INSERT INTO keys (id, name, key_hash, created_at) VALUES (?1, ?2, ?3, ?4)",
        &[&id, &name, &secret.hash(), &now],
    )?;
    audit::append(tx, now, None, AuditAction::KeyCreated, None, id)?;
    Ok((Key { id, name, created_at: rfc3339(now), revoked_at: None }, secret))
}

/// Returns all keys, the oldest first. The operator creates them by hand, so they are few.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx) -> Result<Vec<Key>> {
    let sql = "SELECT id, name, created_at, revoked_at FROM keys ORDER BY id LIMIT 1000";
    Ok(tx.query_all(sql, &[], |row| {
        let mut c = row.columns();
        Ok(Key {
            id: c.next()?,
            name: c.next()?,
            created_at: rfc3339(c.next()?),
            revoked_at: c.next::<Option<i64>>()?.map(rfc3339),
        })
    })?)
}

/// Revokes a key and ends the sessions of the users it brought, as a thief may have opened some. Returns whether the
/// key was in use.
///
/// # Errors
/// Only those of the store.
pub fn revoke(tx: &mut Tx, now: i64, id: KeyId) -> Result<bool> {
    let sql = "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
    if tx.execute(sql, &[&id, &now])? == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM sessions WHERE user_id IN
                 (SELECT id FROM users WHERE key_id = ?1 AND external_id IS NOT NULL)";
    tx.execute(sql, &[&id])?;
    audit::append(tx, now, None, AuditAction::KeyRevoked, None, id)?;
    Ok(true)
}

/// Returns the key of a secret, unless it was revoked.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, secret: &Token) -> Result<Option<KeyId>> {
    let sql = "SELECT id FROM keys WHERE key_hash = ?1 AND revoked_at IS NULL";
    Ok(tx.query_opt(sql, &[&secret.hash()], |row| row.get(0))?)
}

/// Returns the user for a user of another server, created the first time, with the name and picture that the server
/// sends.
///
/// # Errors
/// `invalid` or `too_long` with the field `externalId`, `name` or `picture`.
pub fn user(tx: &mut Tx, limits: &Limits, now: i64, key_id: KeyId, external: ExternalUser) -> Result<User> {
    let external_id = external.external_id;
    if external_id.is_empty() || external_id.len() > EXTERNAL_ID_MAX || external_id.contains('\0') {
        let message = format!("externalId must have 1 to {EXTERNAL_ID_MAX} bytes, none of them 0");
        return Err(Error::invalid("externalId", message));
    }
    let picture = external.picture.map(checked_picture).transpose()?;
    let sql = "SELECT id FROM users WHERE key_id = ?1 AND external_id = ?2 AND external_id IS NOT NULL";
    let known: Option<UserId> = tx.query_opt(sql, &[&key_id, &external_id], |row| row.get(0))?;
    let Some(id) = known else {
        user::check_name(tx, limits, None, &external.name)?;
        let mut user = user::make(tx, limits, now, UserKind::Account, &external.name)?;
        let sql = "UPDATE users SET key_id = ?2, external_id = ?3, picture = ?4 WHERE id = ?1";
        let made = tx.execute(sql, &[&user.id, &key_id, &external_id, &picture]);
        // With several writers the same user may be created twice at once. A retry finds them.
        made.map_err(|fault| if fault.is_unique() { Code::Busy.into() } else { Error::from(fault) })?;
        user.picture = picture;
        return Ok(user);
    };
    let before = user::get(tx, id)?;
    let user = user::rename(tx, limits, id, &external.name)?;
    if before.picture == picture {
        return Ok(user);
    }
    tx.execute("UPDATE users SET picture = ?2 WHERE id = ?1", &[&id, &picture])?;
    let user = User { picture, ..user };
    tx.publish(Fact::UserChanged(Box::new(user.clone())));
    Ok(user)
}

/// Checks the address of a picture on another server: clients load it as it is, so it must be HTTPS.
fn checked_picture(address: String) -> Result<String> {
    let uri = address.parse::<http::Uri>().ok().filter(|_| address.len() <= PICTURE_MAX);
    let is_fine =
        uri.is_some_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()));
    if is_fine { Ok(address) } else { Err(Error::invalid("picture", "picture must be an https address")) }
}
