//! What others may know of a person: a line about themselves, since when, and their picture.

use schemars::JsonSchema;
use serde::Serialize;

use super::{User, get, read_some, user_columns};
use crate::chat::{Fact, Tx, file};
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// A person as others look at them.
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

/// Somebody's profile: an account's for everybody, a guest's for who shares a room with them.
///
/// # Errors
/// `not_found`, also for who may not look.
pub fn profile(tx: &mut Tx, viewer: UserId, id: UserId) -> Result<Profile> {
    let sql = concat!(
        "SELECT u.bio, u.created_at, ",
        user_columns!("u"),
        " FROM users u WHERE u.id = ?2 AND u.deleted_at IS NULL AND (u.kind <> 'guest' OR u.id = ?1
           OR EXISTS (SELECT 1 FROM members a JOIN members b ON b.room_id = a.room_id
                      WHERE a.user_id = ?1 AND b.user_id = ?2))"
    );
    let found = tx.query_opt(sql, &[&viewer, &id], |row| {
        Ok(Profile { bio: row.get(0)?, created_at: rfc3339(row.get(1)?), user: read_some(row, 2)? })
    })?;
    found.ok_or(Code::NotFound.into())
}

/// Gives oneself another picture, by the hash of its stored bytes, or none. Returns the hashes of
/// stored bytes that nobody needs any more.
///
/// # Errors
/// `not_found` for nobody.
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

/// Whether the bytes of a hash are somebody's picture: a file of a message is not shown by its hash.
///
/// # Errors
/// Only those of the store.
pub fn is_picture(tx: &mut Tx, hash: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM users WHERE picture = ?1 AND picture IS NOT NULL LIMIT 1";
    Ok(tx.query_opt(sql, &[&file::picture_url(hash)], |row| row.get::<i64>(0))?.is_some())
}
