//! Pages of history, and the changes since a rev.

use super::{Message, load};
use crate::chat::{Limits, Tx, member};
use crate::db::Param;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use sql::{AFTER, BEFORE};

mod changed;
mod shared;
mod sql;

pub(super) use changed::resume;
pub use changed::{since, visible_rev};
pub use shared::{Reader, SharedChanges};

/// The position of a page of history.
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

/// Messages with the room's rev and epoch, all of one snapshot.
#[derive(Clone, Debug)]
pub struct Changes {
    pub messages: Vec<Message>,
    pub rev: i64,
    pub epoch: String,
    /// Whether there are more: for a page, beyond it in its direction; for changes, above the last one's rev.
    pub more: bool,
    /// For a page: whether there are messages before it, and after it.
    pub older: bool,
    pub newer: bool,
    /// Whether the client must discard what it holds: `messages` is then the newest page.
    pub gap: bool,
}

/// Returns a page of history, ascending by seq. Without a viewer it shows what every member may see, and checks no
/// membership: for the server's own use.
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
            let (messages, more) = read_range(tx, &AFTER, viewer, room_id, place, limit, Some(head.first_seq))?;
            Ok(Changes { older: seq >= head.first_seq.max(1), newer: more, ..head.changes(messages, more) })
        }
        Cursor::Around(seq) => around(tx, viewer, room_id, head, from_zero("around", seq)?, limit),
        Cursor::Since(at) => {
            let seq = first_since(tx, room_id, at, head.rev)?;
            around(tx, viewer, room_id, head, seq, limit)
        }
    }
}

/// Returns as many messages before a seq as from it on; where one side has fewer, the page is shorter.
fn around(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, seq: i64, limit: u32) -> Result<Changes> {
    let half = (limit / 2).max(1);
    let first_seq = Some(head.first_seq);
    let (mut messages, older) = read_range(tx, &BEFORE, viewer, room_id, seq, half, first_seq)?;
    messages.reverse();
    let (mut after, newer) =
        read_range(tx, &AFTER, viewer, room_id, seq - 1, limit.saturating_sub(half).max(1), first_seq)?;
    messages.append(&mut after);
    Ok(Changes { older, newer, ..head.changes(messages, older || newer) })
}

/// Returns the seq of the first message that was sent at or after a time. It is a binary search over seq, as
/// there is no index by time.
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

struct Head {
    rev: i64,
    epoch: String,
    /// The seq of the first message that the viewer may see.
    first_seq: i64,
    /// The rev at which messages went for good last. Nothing tells a client of them that holds less.
    removed_rev: i64,
}

impl Head {
    fn is_gap(&self, since: i64, epoch: Option<&str>) -> bool {
        since > self.rev || since < self.removed_rev || epoch.is_some_and(|epoch| epoch != self.epoch)
    }

    fn changes(self, messages: Vec<Message>, more: bool) -> Changes {
        Changes { messages, rev: self.rev, epoch: self.epoch, more, older: false, newer: false, gap: false }
    }
}

fn head(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId) -> Result<Head> {
    let first_seq = match viewer {
        Some(viewer) => member::membership(tx, viewer, room_id)?.first_seq,
        None => 0,
    };
    let sql = "SELECT rev, epoch, removed_rev FROM rooms WHERE id = ?1";
    let head = tx.query_opt(sql, &[&room_id], |row| {
        Ok(Head { rev: row.get(0)?, epoch: row.get(1)?, first_seq, removed_rev: row.get(2)? })
    })?;
    head.ok_or(Code::RoomNotFound.into())
}

fn newest(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, limit: u32) -> Result<Changes> {
    before(tx, viewer, room_id, head, i64::MAX, limit)
}

fn before(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, seq: i64, limit: u32) -> Result<Changes> {
    let (mut messages, more) = read_range(tx, &BEFORE, viewer, room_id, seq, limit, Some(head.first_seq))?;
    messages.reverse();
    Ok(Changes { older: more, ..head.changes(messages, more) })
}

/// Returns the newest page in place of changes. The client is then at the room's rev.
fn gap(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId, head: Head, limit: u32) -> Result<Changes> {
    Ok(Changes { more: false, gap: true, ..newest(tx, viewer, room_id, head, limit)? })
}

/// Returns at most `limit` messages in the order of the statement, and whether there are more. `first_seq` is for
/// the statements that take it.
fn read_range(
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

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod tests;
