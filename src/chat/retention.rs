//! Retention: what is older than its room keeps it goes for good, a few messages at a time.

use super::kinds::AuditAction;
use super::{Limits, Tx, audit, message, room};
use crate::db::Row;
use crate::error::Result;
use crate::ids::RoomId;

const DAY: i64 = 24 * 3_600_000;
/// Messages that go in one step.
const CHUNK: u32 = 20;

/// What is kept for a number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Messages with everything that belongs to them.
    Messages,
    /// The files of messages.
    Files,
}

/// A room that keeps something for a time only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    pub room_id: RoomId,
    pub kept: Kept,
    /// Milliseconds since 1970 UTC: what is older goes.
    pub before: i64,
}

/// Returns what the next rooms after one keep for a time only, in the order of their ids, and the last of these rooms; `None`
/// after the last one.
///
/// # Errors
/// Only those of the store.
pub fn expiries(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    after: RoomId,
    most: u32,
) -> Result<(Vec<Expiry>, Option<RoomId>)> {
    let server = limits.server.get();
    let sql = "SELECT id, keep_messages_days, keep_files_days FROM rooms
               WHERE id > ?1 AND (?3 = 1 OR keep_messages_days > 0 OR keep_files_days > 0) ORDER BY id LIMIT ?2";
    let is_every_room = server.keep_messages_days > 0 || server.keep_files_days > 0;
    let rooms: Vec<(RoomId, u32, u32)> =
        tx.query_all(sql, &[&after, &most, &is_every_room], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let last = rooms.last().map(|(id, ..)| *id);
    let mut expiries = Vec::new();
    for (room_id, messages_days, files_days) in rooms {
        expiries.extend(expiries_of(limits, now, room_id, messages_days, files_days));
    }
    Ok((expiries, last))
}

/// Returns what a room keeps for a time only, by its own days and those of the server.
fn expiries_of(limits: &Limits, now: i64, room_id: RoomId, messages_days: u32, files_days: u32) -> Vec<Expiry> {
    let server = limits.server.get();
    let messages = shorter(server.keep_messages_days, messages_days);
    let files = shorter(server.keep_files_days, files_days).filter(|&files| messages.is_none_or(|days| files < days));
    let expiry = |days: u32, kept| Expiry { room_id, kept, before: now - i64::from(days) * DAY };
    let messages = messages.map(|days| expiry(days, Kept::Messages));
    messages.into_iter().chain(files.map(|days| expiry(days, Kept::Files))).collect()
}

/// Returns the shorter of two numbers of days, of which 0 is without an end.
fn shorter(server: u32, room: u32) -> Option<u32> {
    [server, room].into_iter().filter(|&days| days > 0).min()
}

/// Returns the numbers of messages that have expired, or whose files have, at most as many as one step takes. It reads the
/// oldest alone, as nothing older is left after a step.
///
/// # Errors
/// Only those of the store.
pub fn expired(tx: &mut Tx, expiry: Expiry) -> Result<Vec<i64>> {
    let ranges = match expiry.kept {
        // By age, as seqs are. Whispers have no index by age alone; they are few.
        Kept::Messages => [
            "SELECT number, created_at FROM messages WHERE room_id = ?1 AND to_user_id IS NULL ORDER BY seq LIMIT ?2",
            "SELECT number, created_at FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL ORDER BY seq LIMIT ?2",
        ],
        // By age, as ids are.
        Kept::Files => [
            "SELECT message_number, created_at FROM files WHERE room_id = ?1 AND is_picture = 0 ORDER BY id LIMIT ?2",
            "SELECT message_number, created_at FROM files WHERE room_id = ?1 AND is_picture = 1 ORDER BY id LIMIT ?2",
        ],
    };
    let mut numbers = Vec::new();
    for sql in ranges {
        // Most rooms have nothing that has expired, which the oldest shows.
        if !oldest(tx, sql, expiry, 1)?.is_empty() {
            numbers.extend(oldest(tx, sql, expiry, CHUNK)?);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(CHUNK as usize);
    Ok(numbers)
}

fn oldest(tx: &mut Tx, sql: &str, expiry: Expiry, most: u32) -> Result<Vec<i64>> {
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?));
    let oldest = tx.query_all(sql, &[&expiry.room_id, &most], read)?;
    let has_expired = |&(_, created_at): &(i64, i64)| created_at < expiry.before;
    Ok(oldest.into_iter().take_while(has_expired).map(|(number, _)| number).collect())
}

/// Removes expired messages, or the files of messages, and returns the hashes of stored bytes that are not needed any more.
/// `None` if there is nothing to remove any more: the room was removed, or the days were changed meanwhile.
///
/// Those who have a message on their screen are told that it was deleted, or that its files were. Those who come back later and
/// hold what was there before get the newest page, as nothing is left that could tell them.
///
/// # Errors
/// Only those of the store.
pub fn remove(tx: &mut Tx, limits: &Limits, now: i64, expiry: Expiry, numbers: &[i64]) -> Result<Option<Vec<String>>> {
    let sql = "SELECT active_at, keep_messages_days, keep_files_days FROM rooms WHERE id = ?1";
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get(1)?, row.get(2)?));
    // The messages of a removed room are deleted with it.
    let Some((active_at, messages_days, files_days)) = tx.query_opt(sql, &[&expiry.room_id], read)? else {
        return Ok(None);
    };
    let still = expiries_of(limits, now, expiry.room_id, messages_days, files_days);
    if !still.iter().any(|now| now.kept == expiry.kept && now.before >= expiry.before) {
        return Ok(None);
    }
    let mut unneeded = Vec::new();
    for &number in numbers {
        let removed = match expiry.kept {
            Kept::Messages => message::remove(tx, now, number)?,
            Kept::Files => message::remove_files(tx, now, number)?,
        };
        unneeded.extend(removed);
    }
    // Nobody was active in the room.
    let sql = "UPDATE rooms SET removed_rev = rev, active_at = ?2 WHERE id = ?1";
    tx.execute(sql, &[&expiry.room_id, &active_at])?;
    Ok(Some(unneeded))
}

/// An open room, as `id`, in which nothing has happened since `?1`.
const IS_IDLE: &str = "kind = 'open' AND active_at < ?1";

/// Returns open rooms in which nothing has happened for the days that the server keeps them, after a room, in the order of
/// their ids.
///
/// # Errors
/// Only those of the store.
pub fn idle_rooms(tx: &mut Tx, limits: &Limits, now: i64, after: RoomId, most: u32) -> Result<Vec<RoomId>> {
    let Some(before) = idle_before(limits, now) else { return Ok(Vec::new()) };
    let sql = format!("SELECT id FROM rooms WHERE {IS_IDLE} AND id > ?2 ORDER BY id LIMIT ?3");
    Ok(tx.query_all(&sql, &[&before, &after, &most], |row| row.get(0))?)
}

/// Removes a room if it is still one of the [`idle_rooms`].
///
/// # Errors
/// Only those of the store.
pub fn remove_idle_room(tx: &mut Tx, limits: &Limits, now: i64, id: RoomId) -> Result<()> {
    let Some(before) = idle_before(limits, now) else { return Ok(()) };
    let sql = format!("SELECT 1 FROM rooms WHERE {IS_IDLE} AND id = ?2");
    if tx.query_opt(&sql, &[&before, &id], |row| row.get::<i64>(0))?.is_none() {
        return Ok(());
    }
    audit::append(tx, now, None, AuditAction::RoomRemoved, Some(id), id)?;
    room::delete(tx, now, id)
}

fn idle_before(limits: &Limits, now: i64) -> Option<i64> {
    let days = limits.server.get().keep_idle_rooms_days;
    (days > 0).then(|| now - i64::from(days) * DAY)
}
