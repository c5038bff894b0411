//! How a member stands in a room: the one check behind every act there.

use super::Role;
use crate::chat::Tx;
use crate::chat::room::{self, History, RoomKind};
use crate::chat::user::{self, User, user_columns};
use crate::db::{Fault, Row};
use crate::error::{Code, Error};
use crate::ids::{RoomId, UserId};

/// The role of a member; see [`membership`].
///
/// # Errors
/// As [`membership`].
pub fn role(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Role, Error> {
    Ok(membership(tx, me, room_id)?.role)
}

/// How a member stands in a room, with what the room's settings make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub kind: RoomKind,
    pub role: Role,
    /// The rev at which the membership began.
    pub joined_rev: i64,
    /// What a member may see from before they joined.
    pub history: History,
    /// The seq of the first message they may see: 0 where the room shows everything.
    pub first_seq: i64,
    /// Slow mode, in seconds; 0 where there is none.
    pub slow_seconds: u32,
    /// When they last said something in slow mode.
    pub said_at: Option<i64>,
}

/// The role that counts, of the room `r` and the member of that name, for person `?2`: in an open
/// room an admin counts as its owner.
macro_rules! role_column {
    ($member:literal) => {
        concat!(
            "CASE WHEN r.kind = 'open' AND ",
            $member,
            ".role <> 'owner' AND EXISTS (SELECT 1 FROM users a WHERE a.id = ?2 AND a.is_admin = 1) THEN 'owner' ELSE ",
            $member,
            ".role END"
        )
    };
}
pub(in crate::chat) use role_column;

/// What [`read`] takes, of the room `r` and the member `m` for person `?2`.
macro_rules! membership_columns {
    () => {
        concat!("r.kind, ", role_column!("m"), ", m.joined_rev, r.history, r.slow_seconds, m.said_at")
    };
}

/// How many columns a membership takes in a row.
const WIDTH: usize = 6;

/// The membership of a member; for who is none, the kind of the room.
fn read(row: &Row<'_>) -> Result<Result<Membership, RoomKind>, Fault> {
    let kind = row.get(0)?;
    let Some(role) = row.get::<Option<Role>>(1)? else { return Ok(Err(kind)) };
    let (joined_rev, history) = (row.get(2)?, row.get::<History>(3)?);
    let first_seq = if history.is_all() { 0 } else { joined_rev };
    Ok(Ok(Membership { kind, role, joined_rev, history, first_seq, slow_seconds: row.get(4)?, said_at: row.get(5)? }))
}

/// How a member stands; the one check behind every act in a room. In an open room an admin counts as
/// its owner; `find_role` tells what is written down.
///
/// # Errors
/// `room_not_found`, also for a direct room that one is not in; `gone` for a room that was removed;
/// `not_a_member`.
pub fn membership(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Membership, Error> {
    let sql = concat!(
        "SELECT ",
        membership_columns!(),
        " FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2 WHERE r.id = ?1"
    );
    let found = tx.query_opt(sql, &[&room_id, &me], read)?;
    inside(tx, room_id, found)
}

/// How a member stands and who they are, in one look: what every message begins with.
///
/// # Errors
/// As [`membership`].
pub(in crate::chat) fn sender(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<(Membership, User), Error> {
    let sql = concat!(
        "SELECT ",
        membership_columns!(),
        ", ",
        user_columns!("u"),
        " FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2
          LEFT JOIN users u ON u.id = m.user_id WHERE r.id = ?1"
    );
    let found = tx.query_opt(sql, &[&room_id, &me], |row| match read(row)? {
        Ok(membership) => Ok(Ok((membership, user::read_some(row, WIDTH)?))),
        Err(kind) => Ok(Err(kind)),
    })?;
    inside(tx, room_id, found)
}

/// What was found of a member, or why nobody was.
fn inside<T>(tx: &mut Tx, room_id: RoomId, found: Option<Result<T, RoomKind>>) -> Result<T, Error> {
    match found {
        Some(Ok(found)) => Ok(found),
        Some(Err(RoomKind::Open)) => Err(Code::NotAMember.into()),
        Some(Err(RoomKind::Direct)) => Err(Code::RoomNotFound.into()),
        None => Err(room::missing(tx, room_id)?),
    }
}

/// The role of who keeps order: the owner or a moderator.
///
/// # Errors
/// As [`membership`]; `forbidden` for other members.
pub(in crate::chat) fn require_moderator(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Role, Error> {
    let role = role(tx, me, room_id)?;
    if role == Role::Member { Err(Code::Forbidden.into()) } else { Ok(role) }
}
