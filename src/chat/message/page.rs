//! Reading back: pages by place, and what has changed since.

use super::load::{self, message_columns, message_joins};
use super::{Message, Result};
use crate::chat::{Limits, Tx, member};
use crate::db::Param;
use crate::error::{Code, Error};
use crate::ids::{RoomId, UserId};
use crate::sabotage::{self, Bug};

/// Where a page of history lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    Newest,
    /// Just before this seq.
    Before(i64),
    /// Just after this seq.
    After(i64),
    /// On both sides of this seq.
    Around(i64),
    /// On both sides of the first message since this time, in milliseconds since 1970.
    Since(i64),
}

/// Messages with the room's numbers, all of one snapshot.
#[derive(Clone, Debug)]
pub struct Changes {
    pub messages: Vec<Message>,
    pub rev: i64,
    pub epoch: String,
    /// Whether the same question has more answers: for a page, beyond it in its direction; for
    /// changes, above the rev of the last one.
    pub more: bool,
    /// For a page: whether there is history before it, and behind it.
    pub older: bool,
    pub newer: bool,
    /// Whether the asker must forget what it holds: `messages` is then the newest page.
    pub gap: bool,
}

/// One range of room `?1` from place `?3` on, at most `?4`, within a bound.
macro_rules! range {
    ($whose:literal, $place:literal $than:literal $order:literal $bound:literal) => {
        concat!(
            "SELECT number, place FROM (SELECT number, ",
            concat!($place, " AS place FROM messages WHERE room_id = ?1 AND ", $whose, " AND ", $place, $than),
            concat!("?3", $bound, " ORDER BY ", $place, $order, " LIMIT ?4) a")
        )
    };
}

/// The numbers of the first `?4` of several ranges together, in the order of their places.
macro_rules! first_of {
    ($order:literal, $first:expr $(, $next:expr)+) => {
        concat!(
            "(SELECT number, place FROM (",
            $first,
            $(" UNION ALL ", $next,)+
            ") b ORDER BY place",
            $order,
            " LIMIT ?4) k JOIN messages m ON m.number = k.number"
        )
    };
}

macro_rules! select {
    ($visible:expr, $order:literal) => {
        concat!(
            concat!("SELECT ", message_columns!(), " FROM ", $visible, message_joins!()),
            concat!(" ORDER BY k.place", $order)
        )
    };
}

/// What viewer `?2` may see by seq: three ranges, each read from an index of its own, so that no
/// number of whispers between others is ever walked over.
macro_rules! visible {
    ($than:literal $order:literal) => {
        first_of!(
            $order,
            range!("to_user_id IS NULL", "seq" $than $order " AND seq >= ?5"),
            range!("to_user_id IS NOT NULL AND to_user_id = ?2", "seq" $than $order " AND seq >= ?5"),
            range!("to_user_id IS NOT NULL AND user_id = ?2", "seq" $than $order " AND seq >= ?5")
        )
    };
}

const BEFORE: &str = select!(visible!(" < " " DESC"), " DESC");
const AFTER: &str = select!(visible!(" > " " ASC"), " ASC");

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
const SINCE: &str = select!(changed!(""), " ASC");
const SINCE_JOINED: &str = select!(changed!(" AND seq >= ?5"), " ASC");

/// How much [`changed`] would find: whoever has a newer seq, or was changed since. No row is walked
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

const SINCE_SIZE: &str = size!("");
const SINCE_SIZE_JOINED: &str = size!(" AND seq >= ?5");

/// About what a message weighs besides its text: ids, times, the sender.
const FRAME_BYTES: u64 = 300;

/// A page of history, ascending by seq. Without a viewer it shows what every member may see, and
/// nobody's membership is checked: for the server's own use.
///
/// # Errors
/// `invalid` with the field `limit`, `before` or `after`; `room_not_found`, `not_a_member`.
pub fn page(
    tx: &mut Tx,
    limits: &Limits,
    viewer: Option<UserId>,
    room_id: RoomId,
    cursor: Cursor,
    limit: u32,
) -> Result<Changes> {
    let limit = limits.page(limit)?;
    let head = head(tx, viewer, room_id)?;
    match cursor {
        Cursor::Newest => newest(tx, viewer, room_id, head, limit),
        Cursor::Before(seq) => {
            Ok(Changes { newer: true, ..before(tx, viewer, room_id, head, from_zero("before", seq)?, limit)? })
        }
        Cursor::After(seq) => {
            let place = from_zero("after", seq)?;
            let (messages, more) = range(tx, AFTER, viewer, room_id, place, limit, Some(head.first_seq))?;
            Ok(Changes { older: seq >= head.first_seq.max(1), newer: more, ..head.with(messages, more) })
        }
        Cursor::Around(seq) => around(tx, viewer, room_id, head, from_zero("around", seq)?, limit),
        Cursor::Since(at) => {
            let seq = first_since(tx, room_id, at, head.rev)?;
            around(tx, viewer, room_id, head, seq, limit)
        }
    }
}

/// As many messages before a seq as from it on; where one side has fewer, the page is shorter.
fn around(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, seq: i64, limit: u32) -> Result<Changes> {
    let half = (limit / 2).max(1);
    let first_seq = Some(head.first_seq);
    let (mut messages, older) = range(tx, BEFORE, viewer, room_id, seq, half, first_seq)?;
    messages.reverse();
    let (mut after, newer) = range(tx, AFTER, viewer, room_id, seq - 1, limit.saturating_sub(half).max(1), first_seq)?;
    messages.append(&mut after);
    Ok(Changes { older, newer, ..head.with(messages, older || newer) })
}

/// The seq of the first message that was sent at or after a time: looked for by halves, as messages
/// are numbered in the order of their times but have no index by them.
fn first_since(tx: &mut Tx, room_id: RoomId, at: i64, rev: i64) -> Result<i64> {
    let sql = "SELECT seq, created_at FROM messages WHERE room_id = ?1 AND to_user_id IS NULL AND seq >= ?2
               ORDER BY seq LIMIT 1";
    let (mut low, mut high) = (0, rev + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match tx.query_opt(sql, &[&room_id, &middle], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))? {
            Some((seq, created_at)) if created_at < at => low = seq + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

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
pub(super) fn resume(
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
        if sabotage::has(Bug::PartialResume) {
            let (messages, _) = changed(tx, viewer, room_id, &head, since, most.min(5))?;
            return Ok(head.with(messages, false));
        }
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
    let first_seq = member::standing(tx, viewer, room_id)?.first_seq;
    if first_seq > 0 {
        return visible_rev_from(tx, viewer, room_id, first_seq);
    }
    let (public_rev, whispered_rev) = revs(tx, viewer, room_id)?;
    Ok(public_rev.max(whispered_rev))
}

/// The rev of the room's last change that everybody may see, and that of the last whisper to or by
/// this person, 0 where there is none.
fn revs(tx: &mut Tx, viewer: UserId, room_id: RoomId) -> Result<(i64, i64)> {
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
fn visible_rev_from(tx: &mut Tx, viewer: UserId, room_id: RoomId, first_seq: i64) -> Result<i64> {
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

struct Head {
    rev: i64,
    epoch: String,
    /// The first message that the viewer may see.
    first_seq: i64,
}

impl Head {
    fn is_elsewhere(&self, since: i64, epoch: Option<&str>) -> bool {
        since > self.rev || epoch.is_some_and(|epoch| epoch != self.epoch)
    }

    fn with(self, messages: Vec<Message>, more: bool) -> Changes {
        Changes { messages, rev: self.rev, epoch: self.epoch, more, older: false, newer: false, gap: false }
    }
}

fn head(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId) -> Result<Head> {
    let first_seq = match viewer {
        Some(viewer) => member::standing(tx, viewer, room_id)?.first_seq,
        None => 0,
    };
    let sql = "SELECT rev, epoch FROM rooms WHERE id = ?1";
    let head = tx.query_opt(sql, &[&room_id], |row| Ok(Head { rev: row.get(0)?, epoch: row.get(1)?, first_seq }))?;
    head.ok_or(Code::RoomNotFound.into())
}

fn newest(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, limit: u32) -> Result<Changes> {
    before(tx, viewer, room_id, head, i64::MAX, limit)
}

fn before(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, seq: i64, limit: u32) -> Result<Changes> {
    let (mut messages, more) = range(tx, BEFORE, viewer, room_id, seq, limit, Some(head.first_seq))?;
    messages.reverse();
    Ok(Changes { older: more, ..head.with(messages, more) })
}

/// After a gap one is at the room's rev: the older pages are history, not news.
fn gap(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, limit: u32) -> Result<Changes> {
    Ok(Changes { more: false, gap: true, ..newest(tx, viewer, room_id, head, limit)? })
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

/// At most `limit` messages in the order of the statement, and whether there are more. `first_seq`
/// is for the statements that have a bound.
fn range(
    tx: &mut Tx,
    sql: &str,
    viewer: Option<UserId>,
    room_id: RoomId,
    place: i64,
    limit: u32,
    first_seq: Option<i64>,
) -> Result<(Vec<Message>, bool)> {
    let one_more = u64::from(limit) + 1;
    let mut params: Vec<&dyn Param> = vec![&room_id, &viewer, &place, &one_more];
    params.extend(first_seq.as_ref().map(|first_seq| first_seq as &dyn Param));
    let mut loaded = tx.query_all(sql, &params, load::read)?;
    let more = loaded.len() > limit as usize;
    loaded.truncate(limit as usize);
    let mut messages = load::complete(tx, loaded)?;
    messages.iter_mut().for_each(|message| message.cut(first_seq.unwrap_or_default()));
    Ok((messages, more))
}

fn from_zero(field: &'static str, place: i64) -> Result<i64> {
    if place < 0 { Err(Error::invalid(field, format!("{field} must not be negative"))) } else { Ok(place) }
}

mod together;

pub use together::{Reader, Told};

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod tests;
