//! Unread messages: the rooms of a user with what was sent since they last read.

use super::kinds::{Presence, RoomKind};
use super::message::{self, Cursor, Message, mention};
use super::room::{self, Room};
use super::user::{self, User};
use super::{Limits, Tx, direct, member};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// The highest count; the pages show "99+" for it.
const COUNT_MAX: u64 = 100;
/// The most messages after a read mark that are looked at, so that many system messages do not make the count slow.
const LOOKED_AT: u64 = 1_000;

/// The unread messages of a user in a room.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Messages of others since the read mark, at most 100.
    pub unread: u32,
    /// Those of them that mention the reader, or everybody.
    pub mentions: u32,
    pub last: Option<Message>,
}

/// A room of a user, as the list of their rooms shows it.
#[derive(Clone, Debug)]
pub struct MyRoom {
    pub room: Room,
    pub me: member::Member,
    /// The other user of a direct room.
    pub peer: Option<User>,
    /// The presence of the other user; filled in by the service.
    pub presence: Presence,
    pub waiting: Unread,
}

/// A place in the list: when a room was last active, and its id.
pub type Place = room::Place;

/// Returns the rooms of a user after a place, the latest active first, and where to go on if there are more.
///
/// # Errors
/// Only those of the store.
pub fn my_rooms(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    after: Option<Place>,
    limit: usize,
) -> Result<(Vec<MyRoom>, Option<Place>)> {
    let (active_at, id) = after.unwrap_or((i64::MAX, RoomId::from_u128(0)));
    let mut places: Vec<Place> = tx.query_all(
        "SELECT r.active_at, r.id FROM members m JOIN rooms r ON r.id = m.room_id
         WHERE m.user_id = ?1 AND (r.active_at < ?2 OR (r.active_at = ?2 AND r.id < ?3))
         ORDER BY r.active_at DESC, r.id DESC LIMIT ?4",
        &[&me, &active_at, &id, &(limit as u64 + 1)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let has_more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().copied().filter(|_| has_more);
    let rooms = places.into_iter().map(|(_, id)| my_room(tx, limits, me, id)).collect::<Result<_>>()?;
    Ok((rooms, next))
}

fn my_room(tx: &mut Tx, limits: &Limits, me: UserId, id: RoomId) -> Result<MyRoom> {
    let room = room::snapshot(tx, id)?;
    let peer = match room.kind {
        RoomKind::Direct => {
            let other = direct::other(tx, me, id)?;
            user::find(tx, other)?
        }
        RoomKind::Open => None,
    };
    let member = member::get(tx, me, id, me)?;
    let waiting = waiting(tx, limits, me, id)?;
    Ok(MyRoom { room, me: member, peer, presence: Presence::Offline, waiting })
}

/// Returns the unread messages of a member in a room.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn waiting(tx: &mut Tx, limits: &Limits, me: UserId, room_id: RoomId) -> Result<Unread> {
    let read_seq = member::get(tx, me, room_id, me)?.read_seq;
    let last = message::page(tx, limits, Some(me), room_id, Cursor::Newest, 1)?.messages.pop();
    if last.as_ref().is_none_or(|last| last.seq <= read_seq) {
        return Ok(Unread { unread: 0, mentions: 0, last });
    }
    let public: u64 = tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM
           (SELECT kind, user_id, deleted_at FROM messages WHERE room_id = ?1 AND to_user_id IS NULL AND seq > ?3
            ORDER BY seq DESC LIMIT ?4) a
         WHERE kind = 'text' AND deleted_at IS NULL AND (user_id IS NULL OR user_id <> ?2) LIMIT ?5) b",
        &[&room_id, &me, &read_seq, &LOOKED_AT, &COUNT_MAX],
        |row| row.get(0),
    )?;
    let whispers: u64 = tx.query_one(
        "SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL AND to_user_id = ?2
           AND seq > ?3 AND deleted_at IS NULL LIMIT ?4) a",
        &[&room_id, &me, &read_seq, &COUNT_MAX],
        |row| row.get(0),
    )?;
    let mut mentions = 0u64;
    for named in [me, mention::EVERYBODY_ID] {
        mentions += tx.query_one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM mentions n
               JOIN messages m ON m.room_id = n.room_id AND m.seq = n.seq AND m.to_user_id IS NULL
             WHERE n.room_id = ?1 AND n.user_id = ?2 AND n.seq > ?3 AND m.user_id <> ?4 LIMIT ?5) a",
            &[&room_id, &named, &read_seq, &me, &COUNT_MAX],
            |row| row.get::<u64>(0),
        )?;
    }
    Ok(Unread { unread: (public + whispers).min(COUNT_MAX) as u32, mentions: mentions.min(COUNT_MAX) as u32, last })
}
