//! Membership: who is in a room, in which role, and how it begins and ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::SystemEvent;
use super::message::system_message::{self, Line};
use super::room::{self, Room, RoomKind};
use super::user::{self, User, user_columns};
use super::{Fact, Leaving, Limits, Tx, invite};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

mod ban;
mod kick;
mod membership;
mod moderator;

pub use ban::{Ban, Bans, bans, lift_ban};
pub use kick::{Kick, kick};
pub use membership::{Membership, membership, role};
pub(super) use membership::{require_moderator, role_column, sender};
pub use moderator::set_moderator;

/// A person in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: User,
    pub role: Role,
    /// Whether the person is connected to the room now; filled in by the doors.
    pub online: bool,
    /// Whether the person is there at all, in this room or elsewhere; filled in by the doors.
    pub presence: Presence,
    pub read_seq: i64,
    /// RFC 3339 UTC with milliseconds.
    pub joined_at: String,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    Online,
    /// Connected, and looking at none of their screens.
    Away,
    /// Not connected, or hiding it.
    #[default]
    Offline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Member,
    Moderator,
    Owner,
}

/// What stands between a person and a room, so that the password can be verified outside of any
/// transaction.
#[derive(Clone, Debug)]
pub struct Door {
    pub room: Room,
    /// A member is never asked again.
    pub is_member: bool,
    pub banned: bool,
    /// The PHC string to verify against, when the room is locked.
    pub password_hash: Option<String>,
}

/// What a newcomer has shown at the door: secrets, so it has no form for a log.
#[derive(Clone)]
pub enum Proof {
    /// Nothing: fit for an open door, or for who is in already.
    Open,
    /// The password of this hash. It counts only while it is still the room's hash.
    Verified(String),
    /// The code of an invite, which is used up by it. It stands for the password, and for nothing
    /// else.
    Invite(String),
}

/// The answer to a join.
#[derive(Clone, Debug)]
pub struct Joining {
    pub member: Member,
    pub room: Room,
    /// Whether membership began now.
    pub newly: bool,
    /// The room's rev at which it began.
    pub joined_rev: i64,
}

/// The answer to a leave.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The room's rev at which the membership ended.
    pub rev: i64,
    /// Whether the last one left an ephemeral room, so that it was removed.
    pub removed: bool,
}

/// A page of members, and the place to go on from if there is more.
#[derive(Clone, Debug)]
pub struct Members {
    pub members: Vec<Member>,
    pub next: Option<Place>,
}

/// A place in the list of members: when one joined, and who.
pub type Place = (i64, UserId);

/// Looks at the door of a room.
///
/// # Errors
/// `room_not_found`, also for a direct room that one is not in.
pub fn door(tx: &mut Tx, viewer: Option<UserId>, room_id: RoomId) -> Result<Door> {
    let room = room::get(tx, viewer, room_id)?;
    let (password_hash, is_member, banned) = tx.query_one(
        "SELECT r.password_hash,
           CASE WHEN EXISTS (SELECT 1 FROM members m WHERE m.room_id = ?1 AND m.user_id = ?2) THEN 1 ELSE 0 END,
           CASE WHEN EXISTS (SELECT 1 FROM bans b WHERE b.room_id = ?1 AND b.user_id = ?2) THEN 1 ELSE 0 END
         FROM rooms r WHERE r.id = ?1",
        &[&room_id, &viewer],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(Door { room, is_member, banned, password_hash })
}

/// Makes somebody a member. Who is one already stays one and is asked nothing.
///
/// `line` is whether the history gets a line of it now; in a crowd the live layer collects them
/// for [`summary_line`](super::message::summary_line).
///
/// # Errors
/// In this order: `room_not_found`, `banned`, `wrong_password` or for an invite `gone`,
/// `room_full`.
pub fn join(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, proof: Proof, line: bool) -> Result<Joining> {
    let door = door(tx, Some(me), room_id)?;
    if door.is_member {
        return again(tx, me, door);
    }
    if door.banned {
        return Err(Code::Banned.into());
    }
    match (&door.password_hash, &proof) {
        // What is shown must be good, also where nothing need be shown: or its maker's count would
        // not be that of those who came by it.
        (_, Proof::Invite(code)) => invite::take(tx, now, room_id, code)?,
        (None, _) => {}
        (Some(hash), Proof::Verified(verified)) if hash == verified => {}
        _ => return Err(Code::WrongPassword.into()),
    }
    // Check and count in one statement: the last seat goes to exactly one, on any engine.
    let seat = tx.query_opt(
        "UPDATE rooms SET member_count = member_count + 1 WHERE id = ?1 AND member_count < max RETURNING rev",
        &[&room_id],
        |row| row.get(0),
    )?;
    let mut rev: i64 = seat.ok_or(Code::RoomFull)?;
    let user = user::get(tx, me)?;
    // Without a line of their own the newcomer's time begins with whatever is told next.
    let mut joined_rev = rev + 1;
    if line {
        rev = system_message::tell(tx, now, room_id, me, Line::new(SystemEvent::Join))?;
        joined_rev = rev;
    }
    // What was said before is read as history, not as unread.
    tx.execute(
        "INSERT INTO members (room_id, user_id, role, joined_at, joined_rev, read_seq)
         VALUES (?1, ?2, 'member', ?3, ?4, ?5)",
        &[&room_id, &me, &now, &joined_rev, &rev],
    )?;
    tx.publish(Fact::Joined { room_id, user: Box::new(user), is_ephemeral: door.room.ephemeral });
    if door.room.owner.is_none() && door.room.kind == RoomKind::Open {
        room::set_owner(tx, now, room_id, me, me)?;
    }
    let room = room::tell_changed(tx, room_id)?;
    Ok(Joining { member: get(tx, me, room_id, me)?, room, newly: true, joined_rev })
}

/// What a join answers to who is a member already: nothing changes by it.
///
/// # Errors
/// `not_a_member` to others.
pub fn again(tx: &mut Tx, me: UserId, door: Door) -> Result<Joining> {
    let joined_rev = membership(tx, me, door.room.id)?.joined_rev;
    Ok(Joining { member: get(tx, me, door.room.id, me)?, room: door.room, newly: false, joined_rev })
}

/// Ends one's own membership. An owner hands over to the longest-present member; with nobody left
/// an ephemeral room is removed, and a lasting one waits without an owner for the next to join.
///
/// # Errors
/// `room_not_found`, `not_a_member`; `forbidden` for a direct room.
pub fn leave(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, line: bool) -> Result<Gone> {
    let kind = membership(tx, me, room_id)?.kind;
    if kind == RoomKind::Direct {
        return Err(Error::new(Code::Forbidden).with_message("a direct room is not left; block the other instead"));
    }
    // An admin may do what the owner may, but only the owner has something to hand over.
    let role = find_role(tx, me, room_id)?;
    let room = end(tx, room_id, me)?;
    let mut rev = room.rev;
    if line {
        rev = system_message::tell(tx, now, room_id, me, Line::new(SystemEvent::Exit))?;
    }
    let ended_at = if line { rev } else { rev + 1 };
    tx.publish(Fact::Left { room_id, user_id: me, rev: ended_at, why: Leaving::Exit });
    if room.member_count == 0 && room.ephemeral {
        room::delete(tx, now, room_id)?;
        return Ok(Gone { rev, removed: true });
    }
    if role == Some(Role::Owner) {
        let sql = "SELECT user_id FROM members WHERE room_id = ?1 ORDER BY joined_at, user_id LIMIT 1";
        match tx.query_opt(sql, &[&room_id], |row| row.get(0))? {
            Some(heir) => room::set_owner(tx, now, room_id, me, heir)?,
            None => drop(tx.execute("UPDATE rooms SET owner_id = NULL WHERE id = ?1", &[&room_id])?),
        }
    }
    room::tell_changed(tx, room_id)?;
    Ok(Gone { rev, removed: false })
}

/// Takes the membership away and frees the seat.
fn end(tx: &mut Tx, room_id: RoomId, user_id: UserId) -> Result<Room> {
    tx.execute("DELETE FROM members WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &user_id])?;
    tx.execute("UPDATE rooms SET member_count = member_count - 1 WHERE id = ?1", &[&room_id])?;
    room::snapshot(tx, room_id)
}

macro_rules! member_columns {
    () => {
        concat!("m.role, m.read_seq, m.joined_at, ", user_columns!("u"))
    };
}

fn read(row: &Row<'_>) -> Result<(Member, i64), Fault> {
    let joined_at = row.get(2)?;
    let (role, read_seq, user) = (row.get(0)?, row.get(1)?, user::read_some(row, 3)?);
    let joined = rfc3339(joined_at);
    Ok((Member { user, role, online: false, presence: Presence::Offline, read_seq, joined_at: joined }, joined_at))
}

/// A member as another sees them.
///
/// # Errors
/// `room_not_found`; `not_a_member` when either is not in the room.
pub fn get(tx: &mut Tx, me: UserId, room_id: RoomId, user_id: UserId) -> Result<Member> {
    role(tx, me, room_id)?;
    let sql = concat!(
        "SELECT ",
        member_columns!(),
        " FROM members m JOIN users u ON u.id = m.user_id WHERE m.room_id = ?1 AND m.user_id = ?2"
    );
    let member = tx.query_opt(sql, &[&room_id, &user_id], |row| Ok(read(row)?.0))?;
    member.ok_or(Code::NotAMember.into())
}

/// A page of members, the longest-present first.
///
/// # Errors
/// `invalid` with the field `limit`; `room_not_found`, `not_a_member`.
pub fn page(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    room_id: RoomId,
    after: Option<Place>,
    limit: u32,
) -> Result<Members> {
    let limit = limits.page(limit)?;
    role(tx, me, room_id)?;
    let sql = concat!(
        "SELECT ",
        member_columns!(),
        " FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = ?1 AND m.joined_at >= ?2 AND (m.joined_at > ?2 OR m.user_id > ?3)
         ORDER BY m.joined_at, m.user_id LIMIT ?4"
    );
    let (joined_at, user_id) = after.unwrap_or((i64::MIN, UserId::from_u128(0)));
    let one_more = u64::from(limit) + 1;
    let mut found = tx.query_all(sql, &[&room_id, &joined_at, &user_id, &one_more], read)?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|(member, joined_at)| (*joined_at, member.user.id));
    Ok(Members { members: found.into_iter().map(|(member, _)| member).collect(), next })
}

/// Where a member stands in the list, to go on behind them; see [`page`].
///
/// # Errors
/// `room_not_found`, `not_a_member`; `invalid` with the field `after` when they are no member.
pub fn place(tx: &mut Tx, me: UserId, room_id: RoomId, user_id: UserId) -> Result<Place> {
    role(tx, me, room_id)?;
    let sql = "SELECT joined_at FROM members WHERE room_id = ?1 AND user_id = ?2";
    let joined_at = tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))?;
    let joined_at = joined_at.ok_or(Error::invalid("after", "after must be a member of the room"))?;
    Ok((joined_at, user_id))
}

/// Those of the people who are members, in the order of the ids: for who knows who is online.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn by_ids(tx: &mut Tx, me: UserId, room_id: RoomId, ids: &[UserId]) -> Result<Vec<Member>> {
    role(tx, me, room_id)?;
    let sql = concat!(
        "SELECT ",
        member_columns!(),
        " FROM members m JOIN users u ON u.id = m.user_id WHERE m.room_id = ?1 AND m.user_id IN ",
        super::many!(2)
    );
    let mut found = super::in_chunks(&[&room_id], ids, |params| tx.query_all(sql, params, |row| Ok(read(row)?.0)))?;
    let places: std::collections::HashMap<UserId, usize> = ids.iter().copied().zip(0..).collect();
    found.sort_by_key(|member| places.get(&member.user.id).copied());
    Ok(found)
}

/// Everybody's seat in every ephemeral room: after a restart each has a while to come back to it.
///
/// # Errors
/// Only those of the store.
pub fn all_ephemeral_members(tx: &mut Tx) -> Result<Vec<(RoomId, UserId)>> {
    Ok(tx.query_all(
        "SELECT m.room_id, m.user_id FROM rooms r JOIN members m ON m.room_id = r.id WHERE r.ephemeral = 1",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

/// Moves the read marks of people forward, never back and never beyond the room's rev, and returns
/// those that moved. Who is no member is passed over.
///
/// # Errors
/// Only those of the store.
pub fn mark_read(tx: &mut Tx, room_id: RoomId, marks: Vec<(UserId, i64)>) -> Result<Vec<(UserId, i64)>> {
    let sql = "UPDATE members SET read_seq = ?3 WHERE room_id = ?1 AND user_id = ?2 AND read_seq < ?3
               AND ?3 <= (SELECT rev FROM rooms WHERE id = ?1)";
    let mut moved = Vec::new();
    for (user_id, seq) in marks {
        if tx.execute(sql, &[&room_id, &user_id, &seq])? > 0 {
            moved.push((user_id, seq));
        }
    }
    Ok(moved)
}

/// The rooms somebody is a member of.
///
/// # Errors
/// Only those of the store.
pub fn rooms_of(tx: &mut Tx, user_id: UserId) -> Result<Vec<RoomId>> {
    Ok(tx.query_all("SELECT room_id FROM members WHERE user_id = ?1", &[&user_id], |row| row.get(0))?)
}

/// The role somebody else has, if any.
pub(super) fn find_role(tx: &mut Tx, user_id: UserId, room_id: RoomId) -> Result<Option<Role>> {
    let sql = "SELECT role FROM members WHERE room_id = ?1 AND user_id = ?2";
    Ok(tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))?)
}

pub(super) fn set_role(tx: &mut Tx, room_id: RoomId, user_id: UserId, role: Role) -> Result<()> {
    tx.execute("UPDATE members SET role = ?3 WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &user_id, &role])?;
    Ok(())
}

#[cfg(test)]
mod tests;
