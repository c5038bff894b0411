//! The rooms of the server, and what admins do with them. Direct rooms are not among them.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;

use crate::chat::account::require_admin;
use crate::chat::kinds::{AuditAction, RoomKind};
use crate::chat::room::{self, Room};
use crate::chat::{Limits, Tx, audit, like};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// A room as admins see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRoom {
    #[serde(flatten)]
    pub room: Room,
    /// When something last happened in it. RFC 3339 UTC with milliseconds.
    pub active_at: String,
    /// Bytes of its files.
    pub stored_bytes: u64,
}

/// A page of rooms, and the last of it if there is more.
#[derive(Clone, Debug, Default)]
pub struct Rooms {
    pub rooms: Vec<AdminRoom>,
    pub next: Option<RoomId>,
}

/// Returns a page of open rooms, the newest first, whose title contains `q`.
///
/// # Errors
/// `forbidden` unless an admin; `invalid` with the field `limit`, `too_long` with the field `q`.
pub fn rooms(
    tx: &mut Tx,
    limits: &Limits,
    me: Option<UserId>,
    q: &str,
    after: Option<RoomId>,
    limit: u32,
) -> Result<Rooms> {
    static ROOMS: LazyLock<String> = LazyLock::new(|| {
        let rooms = room::select(
            ", r.active_at, (SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) FROM files f
               WHERE f.room_id IS NOT NULL AND f.room_id = r.id)",
        );
        format!(
            "{rooms} WHERE r.kind = 'open' AND r.id < ?1 AND r.title_folded LIKE ?2 ESCAPE '\\'
             ORDER BY r.id DESC LIMIT ?3"
        )
    });
    require_admin(tx, me)?;
    let limit = limits.page(limit)?;
    if q.chars().count() > limits.title_max {
        return Err(Error::too_long("q", limits.title_max));
    }
    let after = after.unwrap_or(RoomId::from_u128(u128::MAX));
    let read = |row: &Row<'_>| -> Result<AdminRoom, Fault> {
        let mut c = row.columns();
        Ok(AdminRoom { room: room::read(&mut c)?, active_at: rfc3339(c.next()?), stored_bytes: c.next()? })
    };
    let mut rooms = tx.query_all(&ROOMS, &[&after, &like::containing(q), &(u64::from(limit) + 1)], read)?;
    let has_more = rooms.len() > limit as usize;
    rooms.truncate(limit as usize);
    let next = rooms.last().filter(|_| has_more).map(|found| found.room.id);
    Ok(Rooms { rooms, next })
}

/// Closes a room, so that nobody joins or writes, or opens it again. The same again changes nothing.
///
/// # Errors
/// `forbidden` unless an admin; `room_not_found`, `gone`.
pub fn close(tx: &mut Tx, now: i64, me: Option<UserId>, id: RoomId, is_closed: bool) -> Result<Room> {
    let before = open_room(tx, me, id)?;
    if before.closed == is_closed {
        return Ok(before);
    }
    tx.execute("UPDATE rooms SET closed_at = ?2 WHERE id = ?1", &[&id, &is_closed.then_some(now)])?;
    let action = if is_closed { AuditAction::RoomClosed } else { AuditAction::RoomOpened };
    audit::append(tx, now, me, action, Some(id), id)?;
    room::publish_changed(tx, id)
}

/// Makes another member the owner.
///
/// # Errors
/// `forbidden` unless an admin; `room_not_found`, `gone`; `not_found` with the field `userId` when they are not a member.
pub fn hand_over(tx: &mut Tx, now: i64, me: Option<UserId>, id: RoomId, to: UserId) -> Result<Room> {
    open_room(tx, me, id)?;
    room::give_to(tx, now, me, id, to)
}

/// Removes a room with everything in it.
///
/// # Errors
/// `forbidden` unless an admin; `room_not_found`, `gone`.
pub fn remove(tx: &mut Tx, now: i64, me: Option<UserId>, id: RoomId) -> Result<()> {
    open_room(tx, me, id)?;
    audit::append(tx, now, me, AuditAction::RoomRemoved, Some(id), id)?;
    room::delete(tx, now, id)
}

/// Returns a room that an admin may act on.
fn open_room(tx: &mut Tx, me: Option<UserId>, id: RoomId) -> Result<Room> {
    require_admin(tx, me)?;
    match room::find_any(tx, id)? {
        Some(room) if room.kind == RoomKind::Open => Ok(room),
        Some(_) => Err(Code::RoomNotFound.into()),
        None => Err(room::missing(tx, id)?),
    }
}
