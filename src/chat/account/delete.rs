//! The end of an account: first the rooms, one at a time, then the person, then, if they wish, what
//! they said, a bounded number of messages at a time.

use crate::chat::outbox::{self, JobKind};
use crate::chat::room::{self, RoomKind};
use crate::chat::session::SessionId;
use crate::chat::{Fact, Leaving, Tx, file, member, message, session};
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};

/// Messages looked at in one go; how many of them are the person's does not matter.
const SPAN: i64 = 10_000;
/// Messages taken away in one go.
const CHUNK: usize = 50;

/// What the end of an account leaves to be done outside of the store.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The sessions that ended.
    pub ended: Vec<SessionId>,
    /// The hashes of stored bytes that nobody needs any more.
    pub unneeded: Vec<String>,
}

/// A step of taking away what a person said.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// The rooms that hear of it, once for each message.
    pub rooms: Vec<RoomId>,
    /// The hashes of stored bytes that nobody needs any more.
    pub unneeded: Vec<String>,
}

/// Ends an account. What they said stays, as nobody's, in rooms that go on; with `erase` it is
/// taken away by [`erase`]: [`find_erasing`] knows of it from here on, whatever happens to the
/// process. The e-mail is free for another account.
///
/// Rooms are left one by one before this, so that each is told in its own time; the few that were
/// joined meanwhile are left here.
///
/// # Errors
/// `not_found` for who is gone already.
pub fn leave(tx: &mut Tx, now: i64, me: UserId, erase: bool) -> Result<Left> {
    let mut left = Left::default();
    for room_id in member::rooms_of(tx, me)? {
        leave_room(tx, now, me, room_id)?;
    }
    let picture = "SELECT picture FROM users WHERE id = ?1 AND deleted_at IS NULL";
    let picture: Option<Option<String>> = tx.query_opt(picture, &[&me], |row| row.get(0))?;
    let picture = picture.ok_or(Code::NotFound)?;
    left.ended = session::close_all(tx, me, None)?;
    tx.execute(
        "UPDATE users SET name = '', name_folded = '', name_initials = '', bio = '', email = NULL, email_folded = NULL,
           password_hash = NULL, picture = NULL, is_admin = 0, hides_presence = 0, seen_at = NULL, key_id = NULL,
           external_id = NULL, deleted_at = ?2 WHERE id = ?1",
        &[&me, &now],
    )?;
    for sql in [
        "DELETE FROM links WHERE user_id = ?1",
        "DELETE FROM blocks WHERE user_id = ?1",
        "DELETE FROM blocks WHERE blocked_id = ?1",
    ] {
        tx.execute(sql, &[&me])?;
    }
    outbox::drop_of_user(tx, JobKind::Preview, me)?;
    if erase {
        tx.execute("INSERT INTO meta (key, value) VALUES (?1, '0')", &[&mark(me)])?;
    }
    let picture = picture.as_deref().and_then(file::picture_hash).map(str::to_owned);
    left.unneeded.extend(file::unreferenced(tx, picture.as_slice())?);
    Ok(left)
}

/// Ends one membership of somebody who goes for good. The other of a direct room keeps it, to read.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn leave_room(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<()> {
    let room = room::get(tx, Some(me), room_id)?;
    if room.kind == RoomKind::Open {
        return member::leave(tx, now, me, room_id, true).map(drop);
    }
    tx.execute("DELETE FROM members WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &me])?;
    tx.execute("UPDATE rooms SET member_count = member_count - 1 WHERE id = ?1", &[&room_id])?;
    if room.member_count <= 1 {
        return room::delete(tx, now, room_id);
    }
    tx.publish(Fact::Left { room_id, user_id: me, rev: room.rev + 1, why: Leaving::Exit });
    room::tell_changed(tx, room_id)?;
    Ok(())
}

/// Somebody who is gone and whose messages are still to be taken away, and how far that is.
///
/// # Errors
/// Only those of the store.
pub fn find_erasing(tx: &mut Tx) -> Result<Option<(UserId, i64)>> {
    let sql = "SELECT key, value FROM meta WHERE key >= 'erase ' AND key < 'erase!' ORDER BY key LIMIT 1";
    let found: Option<(String, String)> = tx.query_opt(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.and_then(|(key, after)| Some((key.strip_prefix("erase ")?.parse().ok()?, after.parse().ok()?))))
}

/// The next messages that a person said, at most 50, and up to where that is all of them; `None`
/// behind the last.
///
/// It goes by the numbers of messages and not by an index of who said them: that one would make
/// every send dearer, for something that is done once in the life of an account.
///
/// # Errors
/// Only those of the store.
pub fn said_after(tx: &mut Tx, gone: UserId, after: i64) -> Result<Option<(Vec<i64>, i64)>> {
    let newest: Option<i64> = tx.query_one("SELECT MAX(number) FROM messages", &[], |row| row.get(0))?;
    if newest.is_none_or(|newest| after >= newest) {
        return Ok(None);
    }
    let numbers = tx.query_all(
        "SELECT number FROM messages WHERE number > ?1 AND number <= ?2 AND user_id = ?3 AND kind <> 'system'
           AND deleted_at IS NULL ORDER BY number LIMIT ?4",
        &[&after, &(after + SPAN), &gone, &(CHUNK as u64)],
        |row| row.get::<i64>(0),
    )?;
    let reached = if numbers.len() < CHUNK { after + SPAN } else { numbers.last().copied().unwrap_or(after) };
    Ok(Some((numbers, reached)))
}

/// Takes messages of somebody who is gone away, and notes how far that is.
///
/// # Errors
/// Only those of the store.
pub fn erase(tx: &mut Tx, now: i64, gone: UserId, numbers: &[i64], reached: i64) -> Result<Erased> {
    let mut erased = Erased::default();
    for &number in numbers {
        // What is left of a removed room is taken away with it.
        let exists = "SELECT 1 FROM messages m JOIN rooms r ON r.id = m.room_id
                      WHERE m.number = ?1 AND m.deleted_at IS NULL";
        if tx.query_opt(exists, &[&number], |row| row.get::<i64>(0))?.is_some() {
            let changed = message::erase(tx, now, number)?;
            erased.unneeded.extend(changed.unneeded);
            erased.rooms.push(changed.message.room_id);
        }
    }
    tx.execute("UPDATE meta SET value = ?2 WHERE key = ?1", &[&mark(gone), &reached.to_string()])?;
    Ok(erased)
}

/// Notes that all that somebody said is gone.
///
/// # Errors
/// Only those of the store.
pub fn erased(tx: &mut Tx, gone: UserId) -> Result<()> {
    tx.execute("DELETE FROM meta WHERE key = ?1", &[&mark(gone)])?;
    Ok(())
}

/// Under which key it is remembered that somebody's messages are still to go, and how far that is.
fn mark(gone: UserId) -> String {
    format!("erase {gone}")
}
