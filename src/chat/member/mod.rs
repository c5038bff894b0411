//! Members: who is in a room, in which role, and how a membership begins and ends.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;

use super::kinds::{SystemEvent, UserKind};
use super::message::SystemMessage;
use super::new_member::{self, NewMember};
use super::room::{self, Room, RoomKind};
use super::user::{self, Privacy, User};
use super::{Fact, Leaving, Tx, direct, hook, invite, system_message};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

mod ban;
mod bot;
mod kick;
mod list;
pub(super) mod membership;
mod moderator;
mod mute;

pub use super::kinds::{Presence, Role};
pub use ban::{Ban, Bans, OwnBan, bans, lift_ban, own_ban};
pub(super) use bot::refuse_power;
pub(super) use kick::kick_as;
pub use kick::{Kick, kick};
pub use list::{Cursor, Members, by_ids, online_first, page, place};
pub use membership::{Membership, membership, role};
pub(super) use membership::{find_role, muted_until, require_moderator, role_column, sender, set_role};
pub use moderator::set_moderator;
pub(super) use mute::mute_as;
pub use mute::{Mute, NewMute, OwnMute, forget_ended, mute, mutes, own_mute, unmute};

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: User,
    pub role: Role,
    /// Whether the user is connected to the room now; filled in by the service.
    pub online: bool,
    /// Whether the user is online at all, in this room or elsewhere; filled in by the service.
    pub presence: Presence,
    /// Up to where the user has read; null where they or the reader of this keep that to themselves.
    pub read_seq: Option<i64>,
    /// RFC 3339 UTC with milliseconds.
    pub joined_at: String,
}

impl Member {
    pub(super) fn new(user: User, role: Role, read_seq: Option<i64>, joined_at: i64) -> Self {
        Self { user, role, online: false, presence: Presence::Offline, read_seq, joined_at: rfc3339(joined_at) }
    }
}

/// Returns members as a reader sees them who keeps something to themselves, and so does not see it of others.
pub fn seen_by(reader: UserId, privacy: Privacy, mut members: Vec<Member>) -> Vec<Member> {
    for other in members.iter_mut().filter(|member| member.user.id != reader) {
        if privacy.hides_presence {
            (other.online, other.presence) = (false, Presence::Offline);
        }
        if !privacy.shares_reads() {
            other.read_seq = None;
        }
    }
    members
}

/// The conditions of a user's join. The caller verifies the password with it, outside of any transaction.
#[derive(Clone, Debug)]
pub struct JoinCheck {
    pub room: Room,
    pub is_member: bool,
    pub banned: bool,
    /// Whether an admin has closed the room.
    pub is_closed: bool,
    /// Until when nobody new comes in. It may be over.
    pub locked_until: Option<i64>,
    /// The PHC string to verify against, when the room is locked.
    pub password_hash: Option<String>,
}

/// The result of [`look_up`].
#[derive(Clone, Debug)]
pub enum Lookup {
    /// They are a member, so a join changes nothing.
    AlreadyMember(Joining),
    Check(JoinCheck),
}

/// The proof of a user who joins. It holds secrets, so it has no `Debug`.
#[derive(Clone)]
pub enum Proof {
    /// Nothing, for a room without a password.
    Open,
    /// The password of this hash. It counts only while the room has the same hash.
    Verified(String),
    /// The code of an invite, which is used once by it. It replaces only the password.
    Invite(String),
}

/// The result of a join.
#[derive(Clone, Debug)]
pub struct Joining {
    pub member: Member,
    pub room: Room,
    /// Whether the membership began now.
    pub newly: bool,
    /// The room's rev at which it began.
    pub joined_rev: i64,
}

/// The result of a leave.
#[derive(Clone, Debug)]
pub struct LeaveResult {
    /// The room's rev at which the membership ended.
    pub rev: i64,
    /// Whether the last member left an ephemeral room, so that it was removed.
    pub removed: bool,
}

/// Returns the conditions of a user's join.
///
/// # Errors
/// `room_not_found`, also for another's direct room.
pub fn join_check(tx: &mut Tx, now: i64, viewer: Option<UserId>, room_id: RoomId) -> Result<JoinCheck> {
    let room = room::get(tx, viewer, room_id)?;
    let (password_hash, is_closed, locked_until, is_member, banned) = tx.query_one(
        "SELECT r.password_hash, r.closed_at, r.joins_locked_until,
           CASE WHEN EXISTS (SELECT 1 FROM members m WHERE m.room_id = ?1 AND m.user_id = ?2) THEN 1 ELSE 0 END,
           CASE WHEN EXISTS (SELECT 1 FROM bans b WHERE b.room_id = ?1 AND b.user_id = ?2
                               AND (b.ends_at IS NULL OR b.ends_at > ?3)) THEN 1 ELSE 0 END
         FROM rooms r WHERE r.id = ?1",
        &[&room_id, &viewer, &now],
        |row| {
            let mut c = row.columns();
            Ok((c.next()?, c.next::<Option<i64>>()?.is_some(), c.next()?, c.next()?, c.next()?))
        },
    )?;
    Ok(JoinCheck { room, is_member, banned, is_closed, locked_until, password_hash })
}

/// Returns the membership of a member, and for others the conditions of a join.
///
/// # Errors
/// As [`join_check`].
pub fn look_up(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<Lookup> {
    let check = join_check(tx, now, Some(me), room_id)?;
    if !check.is_member {
        return Ok(Lookup::Check(check));
    }
    let joined_rev = membership(tx, me, room_id)?.joined_rev;
    let member = get(tx, me, room_id, me)?;
    Ok(Lookup::AlreadyMember(Joining { member, room: check.room, newly: false, joined_rev }))
}

/// Makes a user a member. A member stays one, whatever the proof.
///
/// `line` is whether to post a system message; in a large room the caller collects the joins for
/// [`post_summary`](system_message::post_summary).
///
/// # Errors
/// In this order: `room_not_found`, `banned`, `room_closed`, `wrong_password` or for an invite `gone`, `forbidden` for a bot
/// whose owner is not there, `room_full`.
pub fn join(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, proof: Proof, line: bool) -> Result<Joining> {
    let check = match look_up(tx, now, me, room_id)? {
        Lookup::AlreadyMember(joining) => return Ok(joining),
        Lookup::Check(check) => check,
    };
    if check.banned {
        let ends_at = own_ban(tx, now, me, room_id)?.and_then(|ban| ban.ends_at);
        return Err(ends_at.map_or(Code::Banned.into(), |at| Error::allowed_in(Code::Banned, at - now)));
    }
    if check.is_closed {
        return Err(Code::RoomClosed.into());
    }
    if let Some(until) = check.locked_until.filter(|until| *until > now) {
        return Err(Error::allowed_in(Code::JoinsLocked, until - now));
    }
    match (&check.password_hash, &proof) {
        // An invite must be valid even where none is needed, so that its count is that of its users.
        (_, Proof::Invite(code)) => invite::take(tx, now, room_id, code)?,
        (None, _) => {}
        (Some(hash), Proof::Verified(verified)) if hash == verified => {}
        _ => return Err(wrong_password()),
    }
    let user = user::get(tx, me)?;
    if user.kind == UserKind::Bot {
        bot::check_join(tx, me, room_id)?;
    }
    // One statement checks and counts, so the last free place goes to one user, on any engine.
    let rev = tx.query_opt(
        "UPDATE rooms SET member_count = member_count + 1 WHERE id = ?1 AND member_count < max RETURNING rev",
        &[&room_id],
        |row| row.get(0),
    )?;
    let mut rev: i64 = rev.ok_or(Code::RoomFull)?;
    // Without a system message the membership begins with the next change of the room.
    let mut joined_rev = rev + 1;
    if line {
        rev = system_message::post(tx, now, room_id, me, SystemMessage::new(SystemEvent::Join))?;
        joined_rev = rev;
    }
    // Earlier messages are history, not unread.
    new_member::add(tx, now, room_id, &user, NewMember { joined_rev, read_seq: rev, ..NewMember::default() })?;
    let user_kind = user.kind;
    tx.publish(Fact::Joined { room_id, user: Box::new(user), is_ephemeral: check.room.ephemeral });
    if check.room.owner.is_none() && user_kind != UserKind::Bot && check.room.kind == RoomKind::Open {
        room::set_owner(tx, now, room_id, me, me)?;
    }
    let room = room::publish_changed(tx, room_id)?;
    Ok(Joining { member: get(tx, me, room_id, me)?, room, newly: true, joined_rev })
}

/// Ends one's own membership. An owner hands over to the member who joined first. An empty ephemeral room is
/// removed; another one has no owner until somebody joins. A direct room stays, hidden from one's list until something
/// new comes.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn leave(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, line: bool) -> Result<LeaveResult> {
    let kind = membership(tx, me, room_id)?.kind;
    if kind == RoomKind::Direct {
        let rev = room::snapshot(tx, room_id)?.rev;
        direct::leave(tx, me, room_id, rev)?;
        return Ok(LeaveResult { rev, removed: false });
    }
    // The stored role, as an admin who is not the owner has nothing to hand over.
    let role = find_role(tx, me, room_id)?;
    let room = end(tx, now, room_id, me)?;
    let mut rev = room.rev;
    if line {
        rev = system_message::post(tx, now, room_id, me, SystemMessage::new(SystemEvent::Exit))?;
    }
    let ended_at = if line { rev } else { rev + 1 };
    tx.publish(Fact::Left { room_id, user_id: me, rev: ended_at, why: Leaving::Exit });
    if room.member_count == 0 && room.ephemeral {
        room::delete(tx, now, room_id)?;
        return Ok(LeaveResult { rev, removed: true });
    }
    if role == Some(Role::Owner) {
        let sql = "SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id
                   WHERE m.room_id = ?1 AND u.kind <> 'bot' ORDER BY m.joined_at, m.user_id LIMIT 1";
        match tx.query_opt(sql, &[&room_id], |row| row.get(0))? {
            Some(next) => room::set_owner(tx, now, room_id, me, next)?,
            None => drop(tx.execute("UPDATE rooms SET owner_id = NULL WHERE id = ?1", &[&room_id])?),
        }
    }
    room::publish_changed(tx, room_id)?;
    Ok(LeaveResult { rev, removed: false })
}

/// Ends a membership and frees its place. The invites and hooks of the former member end with it, and their bots leave.
fn end(tx: &mut Tx, now: i64, room_id: RoomId, user_id: UserId) -> Result<Room> {
    invite::revoke_all_of(tx, room_id, user_id)?;
    hook::revoke_all_of(tx, now, room_id, user_id)?;
    remove(tx, room_id, user_id)?;
    let room = room::snapshot(tx, room_id)?;
    bot::follow_out(tx, room_id, user_id, room.rev)?;
    room::snapshot(tx, room_id)
}

/// Removes a member and frees their place.
fn remove(tx: &mut Tx, room_id: RoomId, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM members WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &user_id])?;
    tx.execute("UPDATE rooms SET member_count = member_count - 1 WHERE id = ?1", &[&room_id])?;
    Ok(())
}

/// Returns `SELECT` with the columns that [`read`] takes, of the members as `m`. `is_reader` is the condition of the member
/// who reads it. The caller adds the `WHERE`.
fn select(is_reader: &str) -> String {
    let user = user::columns("u");
    format!(
        "SELECT {user}, m.role, CASE WHEN {is_reader} OR u.hides_presence + u.hides_reads = 0 THEN m.read_seq END,
           m.joined_at FROM members m JOIN users u ON u.id = m.user_id"
    )
}

/// Reads a member and when they joined.
fn read(row: &Row<'_>) -> Result<(Member, i64), Fault> {
    let mut c = row.columns();
    let (user, role, read_seq, at) = (user::read_some(&mut c)?, c.next()?, c.next()?, c.next()?);
    Ok((Member::new(user, role, read_seq, at), at))
}

/// Returns a member as another member sees them.
///
/// # Errors
/// `room_not_found`; `not_a_member` when either is not in the room.
pub fn get(tx: &mut Tx, me: UserId, room_id: RoomId, user_id: UserId) -> Result<Member> {
    static GET: LazyLock<String> =
        LazyLock::new(|| format!("{} WHERE m.room_id = ?1 AND m.user_id = ?2", select("m.user_id = ?3")));
    role(tx, me, room_id)?;
    let member = tx.query_opt(&GET, &[&room_id, &user_id, &me], |row| Ok(read(row)?.0))?;
    member.ok_or(Code::NotAMember.into())
}

/// Returns all members of ephemeral rooms. After a restart each has some time to reconnect.
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

/// Moves read marks forward, never back and never beyond the room's rev, and returns those that moved. Users
/// who are not members are skipped, and those who have not accepted a stranger's room: the stranger does not learn
/// that it was read.
///
/// # Errors
/// Only those of the store.
pub fn mark_read(tx: &mut Tx, room_id: RoomId, marks: Vec<(UserId, i64)>) -> Result<Vec<(UserId, i64)>> {
    let sql =
        "UPDATE members SET read_seq = ?3 WHERE room_id = ?1 AND user_id = ?2 AND read_seq < ?3 AND is_request = 0
               AND ?3 <= (SELECT rev FROM rooms WHERE id = ?1)";
    let mut moved = Vec::new();
    for (user_id, seq) in marks {
        if tx.execute(sql, &[&room_id, &user_id, &seq])? > 0 {
            moved.push((user_id, seq));
        }
    }
    Ok(moved)
}

/// Returns the rooms of a user.
///
/// # Errors
/// Only those of the store.
pub fn rooms_of(tx: &mut Tx, user_id: UserId) -> Result<Vec<RoomId>> {
    Ok(tx.query_all("SELECT room_id FROM members WHERE user_id = ?1", &[&user_id], |row| row.get(0))?)
}

/// Returns the direct rooms that strangers have opened with a user who has not accepted them.
///
/// # Errors
/// Only those of the store.
pub fn requests_of(tx: &mut Tx, user_id: UserId) -> Result<Vec<RoomId>> {
    let sql = "SELECT room_id FROM members WHERE user_id = ?1 AND is_request = 1";
    Ok(tx.query_all(sql, &[&user_id], |row| row.get(0))?)
}

/// Returns the error for a password of a room that is missing or wrong.
pub fn wrong_password() -> Error {
    Error::new(Code::WrongPassword).with_field("password")
}

#[cfg(test)]
mod tests;
