//! Profiles: a line about a user, since when they are here, and their picture.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;

use super::{User, columns, get, read_some};
use crate::chat::{Fact, Tx, file};
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// A user's profile as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    #[serde(flatten)]
    pub user: User,
    /// A line about themselves; may be empty.
    pub bio: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

/// Returns a profile: an account's to everybody, a guest's to those who share a room with them. A direct room that the
/// guest has not accepted does not count.
///
/// # Errors
/// `not_found`, also for a viewer who may not see it.
pub fn profile(tx: &mut Tx, viewer: UserId, id: UserId) -> Result<Profile> {
    static PROFILE: LazyLock<String> = LazyLock::new(|| {
        let user = columns("u");
        format!(
            "SELECT {user}, u.bio, u.created_at
             FROM users u WHERE u.id = ?2 AND u.deleted_at IS NULL AND (u.kind <> 'guest' OR u.id = ?1
               OR EXISTS (SELECT 1 FROM members a JOIN members b ON b.room_id = a.room_id
                          WHERE a.user_id = ?1 AND b.user_id = ?2 AND b.is_request = 0))"
        )
    });
    let found = tx.query_opt(&PROFILE, &[&viewer, &id], |row| {
        let mut c = row.columns();
        Ok(Profile { user: read_some(&mut c)?, bio: c.next()?, created_at: rfc3339(c.next()?) })
    })?;
    found.ok_or(Code::NotFound.into())
}

/// Sets a user's picture, by the hash of its stored bytes, or removes it. Returns the hashes of stored bytes
/// that are not needed any more.
///
/// # Errors
/// `not_found`.
pub fn set_picture(tx: &mut Tx, me: UserId, hash: Option<&str>) -> Result<(User, Vec<String>)> {
    let before = get(tx, me)?;
    let picture = hash.map(file::picture_url);
    if before.picture == picture {
        return Ok((before, Vec::new()));
    }
    tx.execute("UPDATE users SET picture = ?2 WHERE id = ?1", &[&me, &picture])?;
    let old = before.picture.as_deref().and_then(file::picture_hash).map(str::to_owned);
    let user = User { picture, ..before };
    tx.publish(Fact::UserChanged(Box::new(user.clone())));
    Ok((user, file::unreferenced(tx, old.as_slice())?))
}

/// Returns whether the bytes of a hash are a user's picture. A file of a message is not served by its hash.
///
/// # Errors
/// Only those of the store.
pub fn is_picture(tx: &mut Tx, hash: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE picture = ?1 AND picture IS NOT NULL LIMIT 1";
    Ok(tx.query_opt(sql, &[&file::picture_url(hash)], |row| row.get::<i64>(0))?.is_some())
}
