//! The list of open rooms, the latest active first.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Room, read, select};
use crate::chat::in_list::{self, KEYS, KEYS_AFTER_ONE};
use crate::chat::{Limits, Tx, like};
use crate::db::{Columns, Fault, Param, Row};
use crate::error::Result;
use crate::ids::RoomId;
use crate::text;

/// A place in the list: when a room was last active, and its id.
pub type Cursor = (i64, RoomId);

/// A room of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub room: Room,
    /// Whether its network has newer rooms enough, so that it comes after those of others.
    pub is_beyond_share: bool,
}

/// The rooms of one network that come before the others, apart for guests and accounts.
const SHARE: usize = 10;

/// The column of how many newer rooms of its network there are, of the rooms as `r`.
fn newer_column() -> String {
    format!(
        ", CASE WHEN r.network IS NULL THEN 0 ELSE (SELECT COUNT(*) FROM (SELECT 1 FROM rooms n
           WHERE n.network = r.network AND n.id > r.id AND n.kind = 'open' AND n.is_listed = 1 LIMIT {SHARE}) c) END"
    )
}

/// A page of the list, and the place to go on from if there is more.
#[derive(Clone, Debug)]
pub struct Rooms {
    pub rooms: Vec<(Listed, Cursor)>,
    pub next: Option<Cursor>,
}

/// Notes that a user from a network has joined a room: from another one than before, it counts for that.
///
/// # Errors
/// Only those of the store.
pub fn joined_from(tx: &mut Tx, id: RoomId, network: &str) -> Result<()> {
    let sql = "SELECT network FROM rooms WHERE id = ?1 AND network IS NOT NULL";
    let Some(before) = tx.query_opt(sql, &[&id], |row| row.get::<String>(0))? else { return Ok(()) };
    if let Some((kind, _)) = before.split_once(' ').filter(|(_, from)| *from != network) {
        tx.execute("UPDATE rooms SET network = ?2 WHERE id = ?1", &[&id, &format!("{kind} {network}")])?;
    }
    Ok(())
}

/// Returns the listed rooms of the ids that exist, in the order of the ids, with `q` only those whose title
/// contains it. The lobby asks for the busiest rooms with it.
///
/// # Errors
/// Only those of the store.
pub fn listed_by_ids(tx: &mut Tx, ids: &[RoomId], q: Option<&str>) -> Result<Vec<Listed>> {
    static LISTED: LazyLock<String> = LazyLock::new(|| {
        let rooms = select(&newer_column());
        format!(
            "{rooms} WHERE r.kind = 'open' AND r.is_listed = 1 AND r.title_folded LIKE ?1 ESCAPE '\\'
               AND r.id IN {KEYS_AFTER_ONE}"
        )
    });
    let pattern = like::containing(q.unwrap_or_default());
    let read = |row: &Row<'_>| read_listed(&mut row.columns());
    let found = in_list::in_chunks(&[&pattern], ids, |params| tx.query_all(&LISTED, params, read))?;
    Ok(ids.iter().filter_map(|id| found.iter().find(|listed| listed.room.id == *id)).cloned().collect())
}

fn read_listed(c: &mut Columns<'_>) -> Result<Listed, Fault> {
    Ok(Listed { room: read(c)?, is_beyond_share: c.next::<i64>()? >= SHARE as i64 })
}

/// Returns the rooms of the ids that exist, of any kind and in no order. The caller checks who may see them.
///
/// # Errors
/// Only those of the store.
pub fn by_ids(tx: &mut Tx, ids: &[RoomId]) -> Result<Vec<Room>> {
    static BY_IDS: LazyLock<String> = LazyLock::new(|| format!("{} WHERE r.id IN {KEYS}", select("")));
    in_list::in_chunks(&[], ids, |params| tx.query_all(&BY_IDS, params, |row| read(&mut row.columns())))
}

/// Returns a page of listed rooms after a place.
///
/// # Errors
/// `invalid` with the field `limit`.
pub fn page(tx: &mut Tx, limits: &Limits, after: Option<Cursor>, limit: u32) -> Result<Rooms> {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let rooms = select(&(newer_column() + ", r.active_at"));
        format!(
            "{rooms} WHERE r.kind = 'open' AND r.is_listed = 1 AND (r.active_at, r.id) < (?1, ?2)
             ORDER BY r.active_at DESC, r.id DESC LIMIT ?3"
        )
    });
    let limit = limits.page(limit)? as usize;
    let (active_at, id) = after.unwrap_or((i64::MAX, RoomId::from_u128(0)));
    let most = limit as u64 + 1;
    let params: [&dyn Param; 3] = [&active_at, &id, &most];
    let mut found = tx.query_all(&PAGE, &params, |row| {
        let mut c = row.columns();
        let listed = read_listed(&mut c)?;
        let place = (c.next()?, listed.room.id);
        Ok((listed, place))
    })?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|(_, place)| *place);
    Ok(Rooms { rooms: found, next })
}

/// The most rooms that one page of a search compares. A page that reaches it ends early with a place to go on
/// from.
pub const LOOKED_AT: usize = 10_000;
const CHUNK: u64 = 500;

/// Like [`page`] for the rooms whose title contains `q`, in any case, without those of `except`, which the lobby shows
/// above.
///
/// # Errors
/// `invalid` with the field `limit`.
pub fn titled(
    tx: &mut Tx,
    limits: &Limits,
    q: &str,
    after: Option<Cursor>,
    except: &HashSet<RoomId>,
    limit: u32,
) -> Result<Rooms> {
    let limit = limits.page(limit)? as usize;
    let sql = "SELECT active_at, id, title_folded FROM rooms
               WHERE kind = 'open' AND is_listed = 1 AND (active_at, id) < (?1, ?2)
               ORDER BY active_at DESC, id DESC LIMIT ?3";
    let q = text::fold(q.trim());
    let mut place = after.unwrap_or((i64::MAX, RoomId::from_u128(0)));
    let mut places: Vec<Cursor> = Vec::new();
    let mut looked_at = 0;
    let next = loop {
        let read = |row: &Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get::<String>(2)?));
        let found: Vec<(Cursor, String)> = tx.query_all(sql, &[&place.0, &place.1, &CHUNK], read)?;
        let is_last = found.len() < CHUNK as usize;
        looked_at += found.len();
        place = found.last().map_or(place, |(last, _)| *last);
        let fits = |(place, title): &(Cursor, String)| title.contains(&q) && !except.contains(&place.1);
        places.extend(found.into_iter().filter(fits).map(|(place, _)| place));
        if places.len() > limit {
            places.truncate(limit);
            break places.last().copied();
        }
        if is_last {
            break None;
        }
        if looked_at >= LOOKED_AT {
            break Some(place);
        }
    };
    let ids: Vec<RoomId> = places.iter().map(|(_, id)| *id).collect();
    let place = |id| places.iter().copied().find(|(_, placed)| *placed == id);
    let rooms = listed_by_ids(tx, &ids, None)?;
    Ok(Rooms {
        rooms: rooms.into_iter().filter_map(|one| place(one.room.id).map(|place| (one, place))).collect(),
        next,
    })
}
