//! Unread messages: the rooms of a user with what was sent since they last read.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::in_list::{self, KEYS_AFTER_TWO};
use super::kinds::{History, Presence};
use super::message::{self, Message, mention};
use super::room::{self, Room};
use super::user::{self, User};
use super::{Tx, direct, member};
use crate::db::{Columns, Fault};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// The highest count; the pages show "99+" for it.
const COUNT_MAX: u64 = 100;
/// The most changes of a room after a read mark that are looked at, so that many system messages do not make the count
/// slow.
const LOOKED_AT: u64 = 1_000;

/// The unread messages of a user in a room.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// Messages of others since the read mark, at most 100.
    pub unread: u32,
    /// Those of them that mention the reader, or everybody.
    pub mentions: u32,
    pub last: Option<Message>,
    /// Whether a stranger has opened this direct room, and the user has not accepted it.
    pub is_request: bool,
}

/// A room of a user, as the list of their rooms shows it.
#[derive(Clone, Debug)]
pub struct MyRoom {
    pub room: Room,
    pub me: member::Member,
    /// The other user of a direct room.
    pub other: Option<User>,
    /// The presence of the other user; filled in by the service.
    pub presence: Presence,
    pub waiting: Unread,
}

/// A place in the list: when a room was last active, and its id.
pub type Cursor = room::Cursor;

/// Returns the rooms of a user after a place, without hidden ones, the latest active first, and where to go on if there are
/// more. The number of statements does not grow with the number of rooms.
///
/// # Errors
/// Only those of the database.
pub fn my_rooms(tx: &mut Tx, me: &User, after: Option<Cursor>, limit: usize) -> Result<(Vec<MyRoom>, Option<Cursor>)> {
    static MINE: LazyLock<String> = LazyLock::new(|| {
        let rooms = room::select(", m.role, m.read_seq, m.joined_at, r.direct_pair, r.active_at");
        format!(
            "{rooms} JOIN members m ON m.room_id = r.id
             WHERE m.user_id = ?1 AND (m.hidden_rev IS NULL
                 OR EXISTS (SELECT 1 FROM messages n
                   WHERE n.room_id = r.id AND n.to_user_id IS NULL AND n.seq > m.hidden_rev)
                 OR EXISTS (SELECT 1 FROM messages n
                   WHERE n.room_id = r.id AND n.to_user_id IS NOT NULL AND n.to_user_id = ?1 AND n.seq > m.hidden_rev))
               AND (r.active_at < ?2 OR (r.active_at = ?2 AND r.id < ?3))
             ORDER BY r.active_at DESC, r.id DESC LIMIT ?4"
        )
    });
    let (active_at, id) = after.unwrap_or((i64::MAX, RoomId::from_u128(0)));
    let mut found = tx.query_all(&MINE, &[&me.id, &active_at, &id, &(limit as u64 + 1)], |row| {
        let mut c = row.columns();
        let room = room::read(&mut c)?;
        let member = member::Member::new(me.clone(), c.next()?, Some(c.next()?), c.next()?);
        Ok((room, member, c.next::<Option<String>>()?, c.next::<i64>()?))
    })?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|(room, _, _, active_at)| (*active_at, room.id));
    let other_id = |pair: &Option<String>| direct::other_of_pair(pair.as_deref()?, me.id);
    let other_ids: Vec<UserId> = found.iter().filter_map(|(_, _, pair, _)| other_id(pair)).collect();
    let others = user::find_all(tx, &other_ids)?;
    let room_ids: Vec<RoomId> = found.iter().map(|(room, ..)| room.id).collect();
    let mut unread = unread(tx, me.id, &room_ids)?;
    let my_room = |(room, me, pair, _): (Room, member::Member, Option<String>, i64)| MyRoom {
        waiting: unread.remove(&room.id).unwrap_or_default(),
        other: other_id(&pair).and_then(|id| others.iter().find(|user| user.id == id)).cloned(),
        presence: Presence::Offline,
        room,
        me,
    };
    Ok((found.into_iter().map(my_room).collect(), next))
}

/// What the counting statement finds for a room.
struct Counted {
    room_id: RoomId,
    first_seq: i64,
    /// The number of the last message that the user may see.
    last: Option<i64>,
    unread: u64,
    mentions: u64,
    is_request: bool,
}

/// Returns the unread messages of a user in those of the rooms where they are a member, without hidden ones in which
/// nothing is new.
///
/// # Errors
/// Only those of the database.
pub fn unread(tx: &mut Tx, me: UserId, room_ids: &[RoomId]) -> Result<HashMap<RoomId, Unread>> {
    let counted = in_list::in_chunks(&[&me, &mention::EVERYBODY_ID], room_ids, |params| {
        tx.query_all(&COUNTED, params, |row| counted(&mut row.columns()))
    })?;
    let numbers: Vec<i64> = counted.iter().filter_map(|counted| counted.last).collect();
    let mut messages = message::by_numbers(tx, &numbers)?;
    let unread = counted.into_iter().map(|Counted { room_id, first_seq, unread, mentions, is_request, .. }| {
        let last = messages.iter().position(|message| message.room_id == room_id).map(|at| messages.swap_remove(at));
        let last = last.map(|mut message| {
            message.cut(first_seq);
            message
        });
        let unread = Unread { unread: at_most(unread), mentions: at_most(mentions), last, is_request };
        (room_id, unread)
    });
    Ok(unread.collect())
}

fn at_most(count: u64) -> u32 {
    count.min(COUNT_MAX) as u32
}

/// Counts the unread messages of user `?1` in rooms; `?2` is the id that mentions everybody. The subqueries use the
/// indexes of the pages of history. Numbers rise with the seqs of a room. Without statistics the mentions must come
/// first by order, or all messages of the room would be read.
static COUNTED: LazyLock<String> = LazyLock::new(|| {
    let last = |condition: &str| {
        format!(
            "(SELECT number FROM messages WHERE room_id = r.id AND {condition}
                AND seq >= CASE WHEN r.history = 'all' THEN 0 ELSE m.joined_rev END ORDER BY seq DESC LIMIT 1)"
        )
    };
    let (public, received, whispered) = (
        last("to_user_id IS NULL"),
        last("to_user_id IS NOT NULL AND to_user_id = ?1"),
        last("to_user_id IS NOT NULL AND user_id = ?1"),
    );
    format!(
        "SELECT r.id, r.history, m.joined_rev, m.is_request, {public}, {received}, {whispered},
           (SELECT COUNT(*) FROM (SELECT 1 FROM messages
            WHERE room_id = m.room_id AND to_user_id IS NULL
              AND seq > CASE WHEN m.read_seq > r.rev - {LOOKED_AT} THEN m.read_seq ELSE r.rev - {LOOKED_AT} END
              AND kind = 'text' AND deleted_at IS NULL AND (user_id IS NULL OR user_id <> ?1) LIMIT {COUNT_MAX}) b),
           (SELECT COUNT(*) FROM (SELECT 1 FROM messages
            WHERE room_id = m.room_id AND to_user_id IS NOT NULL AND to_user_id = ?1 AND seq > m.read_seq
              AND deleted_at IS NULL LIMIT {COUNT_MAX}) c),
           (SELECT COUNT(*) FROM (SELECT DISTINCT n.seq FROM mentions n CROSS JOIN messages x
            WHERE n.room_id = m.room_id AND n.user_id IN (?1, ?2) AND n.seq > m.read_seq
              AND x.room_id = n.room_id AND x.seq = n.seq AND x.to_user_id IS NULL
              AND (x.user_id IS NULL OR x.user_id <> ?1) LIMIT {COUNT_MAX}) d)
         FROM members m JOIN rooms r ON r.id = m.room_id
         WHERE m.user_id = ?1 AND m.room_id IN {KEYS_AFTER_TWO} AND (m.hidden_rev IS NULL OR m.hidden_rev < r.rev)"
    )
});

fn counted(c: &mut Columns<'_>) -> Result<Counted, Fault> {
    let (room_id, history, joined_rev) = (c.next()?, c.next::<History>()?, c.next()?);
    let is_request = c.next()?;
    let lasts: [Option<i64>; 3] = [c.next()?, c.next()?, c.next()?];
    let (public, whispers, mentions) = (c.next::<u64>()?, c.next::<u64>()?, c.next()?);
    let first_seq = if history.is_all() { 0 } else { joined_rev };
    let last = lasts.into_iter().flatten().max();
    Ok(Counted { room_id, first_seq, last, unread: public + whispers, mentions, is_request })
}
