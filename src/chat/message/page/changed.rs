//! What has changed since a rev.

use super::{Changes, Head, from_zero, gap, head, range};
use crate::chat::message::Message;
use crate::chat::message::load::{message_columns, message_joins};
use crate::chat::{Limits, Tx, member};
use crate::db::Param;
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};

/// What viewer `?2` may see by rev. Messages that never changed have their seq as rev and stand in
/// no index by rev: each message would pay for it, and few are ever changed.
macro_rules! changed {
    ($bound:literal) => {
        first_of!(
            " ASC",
            range!("to_user_id IS NULL AND rev = seq", "seq" " > " " ASC" $bound),
            range!("to_user_id IS NULL AND rev > seq", "rev" " > " " ASC" $bound),
            range!("to_user_id IS NOT NULL AND to_user_id = ?2", "rev" " > " " ASC" $bound),
            range!("to_user_id IS NOT NULL AND user_id = ?2", "rev" " > " " ASC" $bound)
        )
    };
}

/// By rev a bound of the seq is looked up row by row, so only those ask for it who have one.
pub(super) const SINCE: &str = select!(changed!(""), " ASC");
pub(super) const SINCE_JOINED: &str = select!(changed!(" AND seq >= ?5"), " ASC");

/// How much `changed!` would find: whoever has a newer seq, or was changed since. No row is walked
/// over here, so that it may be asked from any rev on.
macro_rules! size {
    ($bound:literal) => {
        concat!(
            "SELECT COUNT(*), COALESCE(SUM(octet_length(m.text)), 0) FROM (SELECT number FROM (",
            range!("to_user_id IS NULL", "seq" " > " " ASC" $bound),
            ") d UNION SELECT number FROM (",
            range!("to_user_id IS NULL AND rev > seq", "rev" " > " " ASC" $bound),
            ") e UNION SELECT number FROM (",
            range!("to_user_id IS NOT NULL AND to_user_id = ?2", "rev" " > " " ASC" $bound),
            ") f UNION SELECT number FROM (",
            range!("to_user_id IS NOT NULL AND user_id = ?2", "rev" " > " " ASC" $bound),
            ") g) k JOIN messages m ON m.number = k.number"
        )
    };
}

pub(super) const SINCE_SIZE: &str = size!("");
pub(super) const SINCE_SIZE_JOINED: &str = size!(" AND seq >= ?5");

/// About what a message weighs besides its text: ids, times, the sender.
const FRAME_BYTES: u64 = 300;

/// The messages that changed since a rev, in their present state, ascending by rev.
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
    if head.is_elsewhere(since, epoch) {
        return gap(tx, viewer, room_id, head, limit);
    }
    let (messages, more) = changed(tx, viewer, room_id, &head, since, limit)?;
    Ok(head.with(messages, more))
}

/// Everything that changed since a rev, or a gap with the newest page when that is too much: never
/// a part passed off as the whole. Without a viewer, what every member may see who may see everything.
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
    if !head.is_elsewhere(since, epoch) {
        // Weighed before it is loaded, so that no resume is heavier than its limit.
        let one_more = u64::from(most) + 1;
        let mut params: Vec<&dyn Param> = vec![&room_id, &viewer, &since, &one_more];
        let mut size = SINCE_SIZE;
        if head.first_seq > 0 {
            params.push(&head.first_seq);
            size = SINCE_SIZE_JOINED;
        }
        let (count, bytes) = tx.query_one(size, &params, |row| Ok((row.get::<u64>(0)?, row.get::<u64>(1)?)))?;
        if count <= u64::from(most) && bytes + count * FRAME_BYTES <= limits.since_max_bytes {
            let (messages, _) = changed(tx, viewer, room_id, &head, since, most)?;
            return Ok(head.with(messages, false));
        }
    }
    gap(tx, viewer, room_id, head, limits.page_default)
}

/// The highest rev of the room that this person may see.
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

/// The rev of the room's last change that everybody may see, and that of the last whisper to or by
/// this person, 0 where there is none.
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
            let whispers = [row.get::<Option<i64>>(1)?, row.get(2)?];
            Ok((row.get(0)?, whispers.into_iter().flatten().fold(0, i64::max)))
        },
    )?;
    revs.ok_or(Code::RoomNotFound.into())
}

/// As [`visible_rev`], for whom the room's own number says too much: it counts changes of what was
/// before they joined.
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
        let revs = [row.get::<Option<i64>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(revs.into_iter().flatten().fold(0, i64::max))
    })?)
}

/// What changed after a rev, as far as the viewer may see it.
fn changed(
    tx: &mut Tx,
    viewer: Option<UserId>,
    room_id: RoomId,
    head: &Head,
    since: i64,
    limit: u32,
) -> Result<(Vec<Message>, bool)> {
    match head.first_seq {
        0 => range(tx, SINCE, viewer, room_id, since, limit, None),
        first_seq => range(tx, SINCE_JOINED, viewer, room_id, since, limit, Some(first_seq)),
    }
}
