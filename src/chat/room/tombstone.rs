//! The end of a room: the room itself at once, what was said in it a few hundred rows at a time.

use crate::chat::outbox::JobKind;
use crate::chat::{Tx, file, search};
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;

/// What one turn of sweeping has done.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The hashes of stored bytes that nobody needs any more.
    pub unneeded: Vec<String>,
    /// Whether rows of a removed room are still there.
    pub has_more: bool,
}

/// The messages, public or whispered, that one turn takes.
macro_rules! some {
    (public) => {
        "SELECT number FROM messages WHERE room_id = ?1 AND to_user_id IS NULL ORDER BY seq LIMIT ?2"
    };
    (whispered) => {
        "SELECT number FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL ORDER BY to_user_id, seq LIMIT ?2"
    };
}

/// Marks a room as removed. What was in it is taken by [`sweep`], also after a restart.
pub(super) fn bury(tx: &mut Tx, now: i64, id: RoomId) -> Result<()> {
    let sql = "INSERT INTO tombstones (room_id, removed_at) VALUES (?1, ?2) ON CONFLICT (room_id) DO NOTHING";
    tx.execute(sql, &[&id, &now])?;
    Ok(())
}

/// Why there is no such room: it was one, or it never was. Ids cannot be guessed, so whoever has
/// one may hear that.
pub(in crate::chat) fn missing(tx: &mut Tx, id: RoomId) -> Result<Error> {
    let found = tx.query_opt("SELECT 1 FROM tombstones WHERE room_id = ?1", &[&id], |row| row.get::<i64>(0))?;
    Ok(found.map_or(Code::RoomNotFound, |_| Code::Gone).into())
}

/// Deletes at most `most` messages and files of a removed room: a turn that others need not wait
/// for.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, most: u32) -> Result<Swept> {
    let sql = "SELECT room_id FROM tombstones WHERE is_swept = 0 ORDER BY room_id LIMIT 1";
    let Some(id) = tx.query_opt(sql, &[], |row| row.get::<RoomId>(0))? else {
        return Ok(Swept { unneeded: Vec::new(), has_more: false });
    };
    let mut taken = 0;
    let queued = concat!(
        "DELETE FROM outbox WHERE kind = ?3 AND target IN (SELECT id FROM messages WHERE number IN (",
        some!(public),
        "))"
    );
    tx.execute(queued, &[&id, &most, &JobKind::Preview])?;
    for (reactions, messages) in [
        (
            concat!("DELETE FROM reactions WHERE message_number IN (", some!(public), ")"),
            concat!("DELETE FROM messages WHERE number IN (", some!(public), ") RETURNING number"),
        ),
        (
            concat!("DELETE FROM reactions WHERE message_number IN (", some!(whispered), ")"),
            concat!("DELETE FROM messages WHERE number IN (", some!(whispered), ") RETURNING number"),
        ),
    ] {
        tx.execute(reactions, &[&id, &most])?;
        let numbers: Vec<i64> = tx.query_all(messages, &[&id, &most], |row| row.get(0))?;
        taken = taken.max(numbers.len());
        numbers.into_iter().for_each(|number| search::forget(tx, number));
    }
    let mentions = "DELETE FROM mentions WHERE room_id = ?1 AND (user_id, seq) IN
                      (SELECT user_id, seq FROM mentions WHERE room_id = ?1 ORDER BY user_id, seq LIMIT ?2)";
    taken = taken.max(tx.execute(mentions, &[&id, &most])?);
    let hashes = file::delete_of_room(tx, id, most)?;
    taken = taken.max(hashes.len());
    if taken == 0 {
        tx.execute("UPDATE tombstones SET is_swept = 1 WHERE room_id = ?1", &[&id])?;
    }
    Ok(Swept { unneeded: file::unreferenced(tx, &hashes.concat())?, has_more: true })
}

/// Forgets rooms that were removed before `before` and of which nothing is left.
///
/// # Errors
/// Only those of the store.
pub fn forget_tombstones(tx: &mut Tx, before: i64) -> Result<()> {
    let sql = "DELETE FROM tombstones WHERE room_id IN (SELECT room_id FROM tombstones
                 WHERE removed_at < ?1 AND is_swept = 1 ORDER BY removed_at LIMIT 1000)";
    tx.execute(sql, &[&before])?;
    Ok(())
}
