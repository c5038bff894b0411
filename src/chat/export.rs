//! Exports: an archive of what a user has of their own, made by a job and kept for some days.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::kinds::JobKind;
use super::message::{self, Message};
use super::{Tx, account, file, outbox, room};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, UserId};

const HOUR: i64 = 3_600_000;
/// After so long another may be asked for.
const AGAIN_AFTER: i64 = 24 * HOUR;
/// How long an archive is kept.
const KEPT: i64 = 3 * 24 * HOUR;

/// What is known of a user's archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// RFC 3339 UTC with milliseconds.
    pub requested_at: String,
    /// Whether it can be downloaded.
    pub ready: bool,
    /// In bytes, once it is ready.
    pub size: Option<u64>,
    /// Until when it is kept, once it is ready.
    pub ends_at: Option<String>,
}

/// A message of the user, with the names that it needs.
#[derive(Clone, Debug)]
pub struct OwnMessage {
    pub message: Message,
    /// The title of the room, or the name of the other user of a direct room.
    pub room: String,
}

/// Asks for an archive. Returns the hash of the one before, whose bytes may not be needed any more.
///
/// # Errors
/// `rate_limited` within a day of the last one.
pub fn request(tx: &mut Tx, now: i64, me: UserId, lang: &str) -> Result<Vec<String>> {
    let sql = "SELECT requested_at, hash FROM exports WHERE user_id = ?1";
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<Option<String>>(1)?));
    let before = tx.query_opt(sql, &[&me], read)?;
    if let Some((requested_at, _)) = &before {
        let left = requested_at.saturating_add(AGAIN_AFTER).saturating_sub(now);
        if left > 0 {
            return Err(Error::rate_limited(Duration::from_millis(left.min(AGAIN_AFTER).unsigned_abs())));
        }
    }
    tx.execute("DELETE FROM exports WHERE user_id = ?1", &[&me])?;
    tx.execute("INSERT INTO exports (user_id, requested_at) VALUES (?1, ?2)", &[&me, &now])?;
    outbox::drop_of_user(tx, JobKind::Export, me)?;
    outbox::enqueue(tx, now, JobKind::Export, me, Some(me), lang)?;
    let hashes: Vec<String> = before.and_then(|(_, hash)| hash).into_iter().collect();
    file::unreferenced(tx, &hashes)
}

/// Returns what is known of a user's archive, unless it has ended.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, now: i64, me: UserId) -> Result<Option<Export>> {
    let sql =
        "SELECT requested_at, size, ends_at FROM exports WHERE user_id = ?1 AND (ends_at IS NULL OR ends_at > ?2)";
    Ok(tx.query_opt(sql, &[&me, &now], |row| {
        let (requested_at, size, ends_at) = (row.get::<i64>(0)?, row.get(1)?, row.get::<Option<i64>>(2)?);
        let ends_at = ends_at.map(rfc3339);
        Ok::<_, Fault>(Export { requested_at: rfc3339(requested_at), ready: ends_at.is_some(), size, ends_at })
    })?)
}

/// Returns the hash of a user's archive.
///
/// # Errors
/// `not_found` unless it is ready and has not ended.
pub fn hash(tx: &mut Tx, now: i64, me: UserId) -> Result<String> {
    let sql = "SELECT hash FROM exports WHERE user_id = ?1 AND hash IS NOT NULL AND ends_at > ?2";
    tx.query_opt(sql, &[&me, &now], |row| row.get(0))?.ok_or(Code::NotFound.into())
}

/// Notes that an archive is ready. Returns whether its user still waits for it.
///
/// # Errors
/// Only those of the store.
pub fn finish(tx: &mut Tx, now: i64, me: UserId, hash: &str, size: u64) -> Result<bool> {
    let sql = "UPDATE exports SET hash = ?2, size = ?3, ends_at = ?4 WHERE user_id = ?1 AND hash IS NULL";
    Ok(tx.execute(sql, &[&me, &hash, &size, &(now + KEPT)])? > 0)
}

/// Deletes what has ended, and requests that came to nothing. Returns the hashes that are not needed any more.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, now: i64) -> Result<Vec<String>> {
    let sql = "DELETE FROM exports WHERE ends_at <= ?1 OR (ends_at IS NULL AND requested_at <= ?2) RETURNING hash";
    let ended = tx.query_all(sql, &[&now, &(now - KEPT)], |row| row.get::<Option<String>>(0))?;
    file::unreferenced(tx, &ended.into_iter().flatten().collect::<Vec<_>>())
}

/// Deletes the archive of a user who goes, and returns its hash.
pub(super) fn remove(tx: &mut Tx, me: UserId) -> Result<Option<String>> {
    let sql = "DELETE FROM exports WHERE user_id = ?1 RETURNING hash";
    Ok(tx.query_opt(sql, &[&me], |row| row.get::<Option<String>>(0))?.flatten())
}

/// Returns the next messages of a user behind a number, without deleted ones, and the number up to which these are all;
/// `None` after the last.
///
/// # Errors
/// Only those of the store.
pub fn messages_after(tx: &mut Tx, me: UserId, after: i64) -> Result<Option<(Vec<OwnMessage>, i64)>> {
    let Some((numbers, reached)) = account::said_after(tx, me, after)? else { return Ok(None) };
    let mut messages = message::by_numbers(tx, &numbers)?;
    // Ids are by age, as numbers are.
    messages.sort_unstable_by_key(|message| message.id);
    let mut own = Vec::with_capacity(messages.len());
    for message in messages.into_iter().filter(|message| message.deleted_at.is_none()) {
        let room = room::name_for(tx, me, message.room_id)?;
        own.push(OwnMessage { message, room });
    }
    Ok(Some((own, reached)))
}

/// Returns the hash of a file that a user has sent.
///
/// # Errors
/// Only those of the store.
pub fn own_file(tx: &mut Tx, me: UserId, id: FileId) -> Result<Option<String>> {
    Ok(tx.query_opt("SELECT hash FROM files WHERE id = ?1 AND user_id = ?2", &[&id, &me], |row| row.get(0))?)
}
