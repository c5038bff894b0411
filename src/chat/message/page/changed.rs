//! Changes since a rev.

use super::sql::{SINCE, SINCE_JOINED, SINCE_SIZE, SINCE_SIZE_JOINED};
use super::{Changes, Head, from_zero, gap, head, read_range};
use crate::chat::message::Message;
use crate::chat::{Limits, Tx, member};
use crate::db::Param;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};

/// The approximate size of a message besides its text: ids, times, the sender.
const FRAME_BYTES: u64 = 300;

/// Returns the messages that changed since a rev, in their present state, ascending by rev.
///
/// # Errors
/// `invalid` with the field `limit` or `since`; `room_not_found`, `not_a_member`.
pub fn since(
    tx: &mut Tx,
    limits: &Limits,
    viewer: Option<UserId>,
    room_id: RoomId,
    since: i64,
    epoch: Option<&str>,
    limit: u32,
) -> Result<Changes> {
    let limit = limits.page(limit)?;
    let since = from_zero("since", since)?;
    let head = head(tx, viewer, room_id)?;
    if head.is_gap(since, epoch) {
        return gap(tx, viewer, room_id, head, limit);
    }
    let (messages, more) = changed(tx, viewer, room_id, &head, since, limit)?;
    Ok(head.changes(messages, more))
}

/// Returns everything that changed since a rev, or a gap with the newest page when that is too much. Without a
/// viewer, it returns what a member sees who has no whispers and sees all history.
///
/// # Errors
/// `invalid` with the field `since`; `room_not_found`, `not_a_member`.
pub(in crate::chat::message) fn resume(
    tx: &mut Tx,
    limits: &Limits,
    viewer: Option<UserId>,
    room_id: RoomId,
    since: i64,
    epoch: Option<&str>,
) -> Result<Changes> {
    let since = from_zero("since", since)?;
    let head = head(tx, viewer, room_id)?;
    let most = limits.since_max_changes;
    if !head.is_gap(since, epoch) {
        // The size is computed first, so that no resume loads more than its limit.
        let one_more = u64::from(most) + 1;
        let mut params: Vec<&dyn Param> = vec![&room_id, &viewer, &since, &one_more];
        let mut size: &str = &SINCE_SIZE;
        if head.first_seq > 0 {
            params.push(&head.first_seq);
            size = &SINCE_SIZE_JOINED;
        }
        let (count, bytes) = tx.query_one(size, &params, |row| Ok((row.get::<u64>(0)?, row.get::<u64>(1)?)))?;
        if count <= u64::from(most) && bytes + count * FRAME_BYTES <= limits.since_max_bytes {
            let (messages, _) = changed(tx, viewer, room_id, &head, since, most)?;
            return Ok(head.changes(messages, false));
        }
    }
    gap(tx, viewer, room_id, head, limits.page_default)
}

/// Returns the highest rev of the room that a user may see.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn visible_rev(tx: &mut Tx, viewer: UserId, room_id: RoomId) -> Result<i64> {
    let first_seq = member::membership(tx, viewer, room_id)?.first_seq;
    if first_seq > 0 {
        return visible_rev_from(tx, viewer, room_id, first_seq);
    }
    let (public_rev, whispered_rev) = revs(tx, viewer, room_id)?;
    Ok(public_rev.max(whispered_rev))
}

/// Returns the rev of the room's last public change, and that of the last whisper to or by a user, 0 where there
/// is none.
pub(super) fn revs(tx: &mut Tx, viewer: UserId, room_id: RoomId) -> Result<(i64, i64)> {
    let revs = tx.query_opt(
        "SELECT r.public_rev,
           (SELECT rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL AND to_user_id = ?2
            ORDER BY rev DESC LIMIT 1),
           (SELECT rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL AND user_id = ?2
            ORDER BY rev DESC LIMIT 1)
         FROM rooms r WHERE r.id = ?1",
        &[&room_id, &viewer],
        |row| {
            let mut c = row.columns();
            let (public_rev, to, by) = (c.next()?, c.next::<Option<i64>>()?, c.next::<Option<i64>>()?);
            Ok((public_rev, to.max(by).unwrap_or_default()))
        },
    )?;
    revs.ok_or(Code::RoomNotFound.into())
}

/// Like [`visible_rev`], for a user who sees nothing from before they joined. The room's public rev would reveal
/// changes of older messages.
pub(super) fn visible_rev_from(tx: &mut Tx, viewer: UserId, room_id: RoomId, first_seq: i64) -> Result<i64> {
    let sql = "SELECT
           (SELECT seq FROM messages WHERE room_id = ?1 AND to_user_id IS NULL AND seq >= ?3
            ORDER BY seq DESC LIMIT 1),
           (SELECT rev FROM messages WHERE room_id = ?1 AND to_user_id IS NULL AND rev > seq AND seq >= ?3
            ORDER BY rev DESC LIMIT 1),
           (SELECT rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL AND to_user_id = ?2 AND seq >= ?3
            ORDER BY rev DESC LIMIT 1),
           (SELECT rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL AND user_id = ?2 AND seq >= ?3
            ORDER BY rev DESC LIMIT 1)";
    Ok(tx.query_one(sql, &[&room_id, &viewer, &first_seq], |row| {
        let mut c = row.columns();
        let revs = [c.next::<Option<i64>>()?, c.next()?, c.next()?, c.next()?];
        Ok(revs.into_iter().flatten().max().unwrap_or_default())
    })?)
}

/// Returns the changes after a rev that the viewer may see.
fn changed(
    tx: &mut Tx,
    viewer: Option<UserId>,
    room_id: RoomId,
    head: &Head,
    since: i64,
    limit: u32,
) -> Result<(Vec<Message>, bool)> {
    match head.first_seq {
        0 => read_range(tx, &SINCE, viewer, room_id, since, limit, None),
        first_seq => read_range(tx, &SINCE_JOINED, viewer, room_id, since, limit, Some(first_seq)),
    }
}
