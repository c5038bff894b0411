//! The removal of a room: the room itself at once, its messages and files a few hundred rows at a time.

use std::sync::LazyLock;

use crate::chat::kinds::JobKind;
use crate::chat::{Tx, file, search};
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;

/// The result of one step of sweeping.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The hashes of stored bytes that are not needed any more.
    pub unneeded: Vec<String>,
    /// Whether rows of a removed room are still there.
    pub has_more: bool,
}

/// The messages that one step deletes.
const PUBLIC: &str = "SELECT number FROM messages WHERE room_id = ?1 AND to_user_id IS NULL ORDER BY seq LIMIT ?2";
const WHISPERS: &str = "SELECT number FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL
                        ORDER BY to_user_id, seq LIMIT ?2";

static DELETE_JOBS: LazyLock<String> = LazyLock::new(|| {
    format!("DELETE FROM outbox WHERE kind = ?3 AND target IN (SELECT id FROM messages WHERE number IN ({PUBLIC}))")
});
static DELETE_PUBLIC: LazyLock<Deletion> = LazyLock::new(|| Deletion::of(PUBLIC));
static DELETE_WHISPERS: LazyLock<Deletion> = LazyLock::new(|| Deletion::of(WHISPERS));

/// The statements that delete some messages.
struct Deletion {
    reactions: String,
    reaction_kinds: String,
    messages: String,
}

impl Deletion {
    fn of(numbers: &str) -> Self {
        Self {
            reactions: format!("DELETE FROM reactions WHERE message_number IN ({numbers})"),
            reaction_kinds: format!("DELETE FROM reaction_kinds WHERE message_number IN ({numbers})"),
            messages: format!("DELETE FROM messages WHERE number IN ({numbers}) RETURNING number"),
        }
    }
}

/// Marks a room as removed. [`sweep`] deletes its messages and files, also after a restart.
pub(super) fn mark_removed(tx: &mut Tx, now: i64, id: RoomId) -> Result<()> {
    let sql = "INSERT INTO tombstones (room_id, removed_at) VALUES (?1, ?2) ON CONFLICT (room_id) DO NOTHING";
    tx.execute(sql, &[&id, &now])?;
    Ok(())
}

/// Returns the error for a room that does not exist: `gone` if it did. Ids cannot be guessed, so anyone who
/// has one may learn that.
pub(in crate::chat) fn missing(tx: &mut Tx, id: RoomId) -> Result<Error> {
    let found = tx.query_opt("SELECT 1 FROM tombstones WHERE room_id = ?1", &[&id], |row| row.get::<i64>(0))?;
    Ok(found.map_or(Code::RoomNotFound, |_| Code::Gone).into())
}

/// Deletes at most `most` messages and files of a removed room, so that other acts do not wait.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, most: u32) -> Result<Swept> {
    let sql = "SELECT room_id FROM tombstones WHERE is_swept = 0 ORDER BY room_id LIMIT 1";
    let Some(id) = tx.query_opt(sql, &[], |row| row.get::<RoomId>(0))? else {
        return Ok(Swept { unneeded: Vec::new(), has_more: false });
    };
    let mut taken = 0;
    tx.execute(&DELETE_JOBS, &[&id, &most, &JobKind::Preview])?;
    for deletion in [&DELETE_PUBLIC, &DELETE_WHISPERS] {
        tx.execute(&deletion.reactions, &[&id, &most])?;
        tx.execute(&deletion.reaction_kinds, &[&id, &most])?;
        let numbers: Vec<i64> = tx.query_all(&deletion.messages, &[&id, &most], |row| row.get(0))?;
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

/// Deletes the tombstones of rooms that were removed before `before` and are fully swept.
///
/// # Errors
/// Only those of the store.
pub fn forget_tombstones(tx: &mut Tx, before: i64) -> Result<()> {
    let sql = "DELETE FROM tombstones WHERE room_id IN (SELECT room_id FROM tombstones
                 WHERE removed_at < ?1 AND is_swept = 1 ORDER BY removed_at LIMIT 1000)";
    tx.execute(sql, &[&before])?;
    Ok(())
}
