//! The members of a room as lists.

use std::sync::LazyLock;

use super::{Member, read, role, select};
use crate::chat::in_list::{self, KEYS_AFTER_ONE};
use crate::chat::{Limits, Tx};
use crate::db::Row;
use crate::error::{Error, Result};
use crate::ids::{RoomId, UserId};

/// A page of members, and the place to go on from if there is more.
#[derive(Clone, Debug)]
pub struct Members {
    pub members: Vec<Member>,
    pub next: Option<Cursor>,
}

/// A place in the list of members: when a member joined, and their id.
pub type Cursor = (i64, UserId);

/// Returns a page of members, in the order in which they joined.
///
/// # Errors
/// `invalid` with the field `limit`; `room_not_found`, `not_a_member`.
pub fn page(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    room_id: RoomId,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Members> {
    let limit = limits.page(limit)?;
    role(tx, me, room_id)?;
    let mut found = after_place(tx, room_id, after, limit + 1)?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|(member, joined_at)| (*joined_at, member.user.id));
    Ok(Members { members: found.into_iter().map(|(member, _)| member).collect(), next })
}

/// Returns at most so many members after a place, each with when they joined.
fn after_place(tx: &mut Tx, room_id: RoomId, after: Option<Cursor>, limit: u32) -> Result<Vec<(Member, i64)>> {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let members = select("1 = 0");
        format!(
            "{members} WHERE m.room_id = ?1 AND m.joined_at >= ?2 AND (m.joined_at > ?2 OR m.user_id > ?3)
             ORDER BY m.joined_at, m.user_id LIMIT ?4"
        )
    });
    let (joined_at, user_id) = after.unwrap_or((i64::MIN, UserId::from_u128(0)));
    Ok(tx.query_all(&PAGE, &[&room_id, &joined_at, &user_id, &u64::from(limit)], read)?)
}

/// Returns the place of a member in the list, to go on behind them; see [`page`].
///
/// # Errors
/// `room_not_found`, `not_a_member`; `invalid` with the field `after` for a user who is not a member.
pub fn place(tx: &mut Tx, me: UserId, room_id: RoomId, user_id: UserId) -> Result<Cursor> {
    role(tx, me, room_id)?;
    let sql = "SELECT joined_at FROM members WHERE room_id = ?1 AND user_id = ?2";
    let joined_at = tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))?;
    let joined_at = joined_at.ok_or(Error::invalid("after", "after must be a member of the room"))?;
    Ok((joined_at, user_id))
}

/// Returns those of the users who are members, in the order of the ids.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn by_ids(tx: &mut Tx, me: UserId, room_id: RoomId, ids: &[UserId]) -> Result<Vec<Member>> {
    role(tx, me, room_id)?;
    of_ids(tx, room_id, ids)
}

fn of_ids(tx: &mut Tx, room_id: RoomId, ids: &[UserId]) -> Result<Vec<Member>> {
    static BY_IDS: LazyLock<String> =
        LazyLock::new(|| format!("{} WHERE m.room_id = ?1 AND m.user_id IN {KEYS_AFTER_ONE}", select("1 = 0")));
    let read = |row: &Row<'_>| Ok(read(row)?.0);
    let mut found = in_list::in_chunks(&[&room_id], ids, |params| tx.query_all(&BY_IDS, params, read))?;
    let places: std::collections::HashMap<UserId, usize> = ids.iter().copied().zip(0..).collect();
    found.sort_by_key(|member| places.get(&member.user.id).copied());
    Ok(found)
}

/// Returns at most `limit` members: those of `online` first, then the others in the order in which they joined. The
/// caller has checked the reader.
///
/// # Errors
/// Only those of the database.
pub fn online_first(tx: &mut Tx, room_id: RoomId, online: &[UserId], limit: usize) -> Result<Vec<Member>> {
    let mut members = of_ids(tx, room_id, online)?;
    if members.len() < limit {
        // At most all of `online` are among them.
        let others = after_place(tx, room_id, None, (limit + online.len()) as u32)?;
        members.extend(others.into_iter().map(|(member, _)| member).filter(|one| !online.contains(&one.user.id)));
    }
    members.truncate(limit);
    Ok(members)
}
