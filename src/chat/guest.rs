//! Guests who cannot come back: a guest has no password, so their session is all they have.

use std::sync::LazyLock;

use super::{Tx, export, file};
use crate::error::Result;
use crate::ids::UserId;

/// How long a guest who never joined a room keeps an unused session, in milliseconds.
const STRANGER: i64 = 7 * 24 * 3_600_000;

/// Guests as `u` who were never in a room and were not seen since `?1`.
const STRANGERS: &str = "u.has_joined = 0 AND u.kind = 'guest' AND u.created_at <= ?1
    AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.seen_at > ?1)";

/// Returns guests who were never in a room and were not seen for a week.
///
/// # Errors
/// Only those of the database.
pub fn strangers(tx: &mut Tx, now: i64, most: u32) -> Result<Vec<UserId>> {
    static FIND: LazyLock<String> = LazyLock::new(|| format!("SELECT u.id FROM users u WHERE {STRANGERS} LIMIT ?2"));
    Ok(tx.query_all(&FIND, &[&(now - STRANGER), &most], |row| row.get(0))?)
}

/// Removes those of the guests who are still [`strangers`], and returns the hashes of stored bytes that are not needed any
/// more. No page shows them.
///
/// # Errors
/// Only those of the database.
pub fn remove_strangers(tx: &mut Tx, now: i64, ids: &[UserId]) -> Result<Vec<String>> {
    static STILL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT u.picture FROM users u WHERE {STRANGERS} AND u.id = ?2"));
    let mut pictures = Vec::new();
    for id in ids {
        let picture = tx.query_opt(&STILL, &[&(now - STRANGER), id], |row| row.get::<Option<String>>(0))?;
        let Some(picture) = picture else { continue };
        pictures.extend(export::remove(tx, *id)?);
        for sql in [
            "DELETE FROM sessions WHERE user_id = ?1",
            "DELETE FROM bans WHERE user_id = ?1",
            "DELETE FROM reports WHERE user_id = ?1",
            "DELETE FROM blocks WHERE user_id = ?1",
            "DELETE FROM blocks WHERE blocked_id = ?1",
            "DELETE FROM notification_mutes WHERE user_id = ?1",
            "DELETE FROM notification_mutes WHERE muted_id = ?1",
            "DELETE FROM users WHERE id = ?1",
        ] {
            tx.execute(sql, &[id])?;
        }
        pictures.extend(picture.as_deref().and_then(file::picture_hash).map(str::to_owned));
    }
    file::unreferenced(tx, &pictures)
}

/// Returns guests without a session who are still members of rooms, in the order of their ids, after an id.
///
/// # Errors
/// Only those of the database.
pub fn unreachable(tx: &mut Tx, after: UserId, most: u32) -> Result<Vec<UserId>> {
    let sql = "SELECT u.id FROM users u
               WHERE u.kind = 'guest' AND u.has_joined = 1 AND u.deleted_at IS NULL AND u.id > ?1
                 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id)
                 AND EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.id) ORDER BY u.id LIMIT ?2";
    Ok(tx.query_all(sql, &[&after, &most], |row| row.get(0))?)
}
