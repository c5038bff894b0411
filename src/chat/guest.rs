//! Guests who cannot come back: a guest has no password, so their session is all they have.

use super::{Tx, file};
use crate::error::Result;
use crate::ids::UserId;

/// How long a guest who never joined a room keeps an unused session, in milliseconds.
const STRANGER: i64 = 7 * 24 * 3_600_000;

/// Removes guests who were never in a room and were not seen for a week, at most `most`, and returns the hashes of stored
/// bytes that are not needed any more and whether there may be more. Nothing of them is to be seen anywhere.
///
/// # Errors
/// Only those of the database.
pub fn remove_strangers(tx: &mut Tx, now: i64, most: u32) -> Result<(Vec<String>, bool)> {
    let sql = "SELECT u.id, u.picture FROM users u
               WHERE u.has_joined = 0 AND u.created_at <= ?1 AND u.kind = 'guest'
                 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.seen_at > ?1) LIMIT ?2";
    let strangers: Vec<(UserId, Option<String>)> =
        tx.query_all(sql, &[&(now - STRANGER), &most], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, _) in &strangers {
        for sql in [
            "DELETE FROM sessions WHERE user_id = ?1",
            "DELETE FROM blocks WHERE user_id = ?1",
            "DELETE FROM blocks WHERE blocked_id = ?1",
            "DELETE FROM users WHERE id = ?1",
        ] {
            tx.execute(sql, &[id])?;
        }
    }
    let has_more = strangers.len() == most as usize;
    let pictures = strangers.iter().filter_map(|(_, url)| file::picture_hash(url.as_deref()?));
    let pictures: Vec<String> = pictures.map(str::to_owned).collect();
    Ok((file::unreferenced(tx, &pictures)?, has_more))
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
