//! The membership of a user in a room: the check behind every act there.

use std::sync::LazyLock;

use crate::chat::kinds::{History, Role, RoomKind, Writers};
use crate::chat::user::{self, User};
use crate::chat::{Tx, room};
use crate::db::{Columns, Fault};
use crate::error::{Code, Error};
use crate::ids::{RoomId, UserId};

/// A membership, with what the settings of the room make of it.
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
    /// When they last sent a message in slow mode.
    pub said_at: Option<i64>,
    /// Whether a stranger has opened this direct room, and the member has not accepted it.
    pub is_request: bool,
    /// Whether an admin has closed the room.
    pub is_closed: bool,
    pub writers: Writers,
    /// Until when the member may not write, in milliseconds since 1970 UTC. It may be over.
    pub muted_until: Option<i64>,
}

impl Membership {
    /// Checks that members may change anything in the room.
    ///
    /// # Errors
    /// `room_closed`.
    pub(in crate::chat) fn check_open(&self) -> Result<(), Error> {
        if self.is_closed { Err(Code::RoomClosed.into()) } else { Ok(()) }
    }
}

/// The relation of a user to a room that exists.
enum Access {
    Member(Membership),
    NotMember(RoomKind),
}

impl Access {
    fn membership(self) -> Result<Membership, Error> {
        match self {
            Access::Member(membership) => Ok(membership),
            Access::NotMember(RoomKind::Open) => Err(Code::NotAMember.into()),
            Access::NotMember(RoomKind::Direct) => Err(Code::RoomNotFound.into()),
        }
    }
}

/// Returns the column of the effective role of user `?2`, from the rooms as `r` and the members under an
/// alias: in an open room an admin counts as the owner.
pub(in crate::chat) fn role_column(alias: &str) -> String {
    format!(
        "CASE WHEN r.kind = 'open' AND {alias}.role <> 'owner'
              AND EXISTS (SELECT 1 FROM users a WHERE a.id = ?2 AND a.is_admin = 1) THEN 'owner' ELSE {alias}.role END"
    )
}

/// The columns that [`read`] takes, of the rooms as `r` and the members as `m` for user `?2`.
fn columns() -> String {
    let role = role_column("m");
    format!(
        "r.kind, {role}, m.joined_rev, r.history, r.slow_seconds, m.said_at, m.is_request, r.closed_at, r.writers,
           {}",
        muted_until("r.id")
    )
}

/// Returns the column of the time until which user `?2` is muted in a room, or the owner of a bot.
pub(in crate::chat) fn muted_until(room_id: &str) -> String {
    format!(
        "(SELECT MAX(q.ends_at) FROM mutes q WHERE q.room_id = {room_id}
            AND q.user_id IN (?2, (SELECT owner_id FROM bots WHERE user_id = ?2)))"
    )
}

fn read(c: &mut Columns<'_>) -> Result<Access, Fault> {
    let (kind, role, joined_rev) = (c.next()?, c.next()?, c.next()?);
    let (history, slow_seconds, said_at) = (c.next::<History>()?, c.next()?, c.next()?);
    let is_request = c.next::<Option<bool>>()?.unwrap_or_default();
    let (is_closed, writers, muted_until) = (c.next::<Option<i64>>()?.is_some(), c.next()?, c.next()?);
    let (Some(role), Some(joined_rev)) = (role, joined_rev) else { return Ok(Access::NotMember(kind)) };
    let first_seq = if history.is_all() { 0 } else { joined_rev };
    Ok(Access::Member(Membership {
        kind,
        role,
        joined_rev,
        history,
        first_seq,
        slow_seconds,
        said_at,
        is_request,
        is_closed,
        writers,
        muted_until,
    }))
}

/// Returns the membership of a user: the check behind every act in a room. In an open room an admin who is a
/// member counts as its owner; `find_role` returns the stored role.
///
/// # Errors
/// `room_not_found`, also for another's direct room; `gone` for a removed room; `not_a_member`.
pub fn membership(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Membership, Error> {
    static MEMBERSHIP: LazyLock<String> = LazyLock::new(|| {
        let membership = columns();
        format!(
            "SELECT {membership} FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2
             WHERE r.id = ?1"
        )
    });
    match tx.query_opt(&MEMBERSHIP, &[&room_id, &me], |row| read(&mut row.columns()))? {
        Some(access) => access.membership(),
        None => Err(room::missing(tx, room_id)?),
    }
}

/// Returns the membership of the sender of a message and the sender, in one statement.
///
/// # Errors
/// As [`membership`].
pub(in crate::chat) fn sender(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<(Membership, User), Error> {
    static SENDER: LazyLock<String> = LazyLock::new(|| {
        let (membership, user) = (columns(), user::columns("u"));
        format!(
            "SELECT {membership}, {user} FROM rooms r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2
               LEFT JOIN users u ON u.id = m.user_id WHERE r.id = ?1"
        )
    });
    let found = tx.query_opt(&SENDER, &[&room_id, &me], |row| {
        let mut c = row.columns();
        Ok((read(&mut c)?, user::read(&mut c)?))
    })?;
    let Some((access, user)) = found else { return Err(room::missing(tx, room_id)?) };
    let membership = access.membership()?;
    Ok((membership, user.ok_or(Code::NotAMember)?))
}

/// Returns the effective role of a member.
///
/// # Errors
/// As [`membership`].
pub fn role(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Role, Error> {
    Ok(membership(tx, me, room_id)?.role)
}

/// Returns the role of the owner or of a moderator.
///
/// # Errors
/// As [`membership`]; `forbidden` for other members.
pub(in crate::chat) fn require_moderator(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Role, Error> {
    let role = role(tx, me, room_id)?;
    if role == Role::Member { Err(Code::Forbidden.into()) } else { Ok(role) }
}

/// Returns the stored role of a user, if they are a member.
pub(in crate::chat) fn find_role(tx: &mut Tx, user_id: UserId, room_id: RoomId) -> Result<Option<Role>, Error> {
    let sql = "SELECT role FROM members WHERE room_id = ?1 AND user_id = ?2";
    Ok(tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))?)
}

pub(in crate::chat) fn set_role(tx: &mut Tx, room_id: RoomId, user_id: UserId, role: Role) -> Result<(), Error> {
    tx.execute("UPDATE members SET role = ?3 WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &user_id, &role])?;
    Ok(())
}
