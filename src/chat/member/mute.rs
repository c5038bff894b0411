//! Muted members: they read and do not write, until a time. It outlives a membership.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Membership, Role, require_moderator, role};
use crate::chat::kinds::AuditAction;
use crate::chat::user::{self, User};
use crate::chat::{Fact, Limits, Tx, account, audit, bot_right};
use crate::clock::rfc3339;
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

const MINUTE: i64 = 60_000;
/// Thirty days.
const MINUTES_MAX: u32 = 43_200;
const LISTED: u32 = 100;

/// A muted user of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mute {
    /// Null once the account is deleted.
    pub user: Option<User>,
    pub by: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    pub ends_at: String,
}

/// The mute of the user who reads this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnMute {
    /// RFC 3339 UTC with milliseconds.
    pub ends_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A member to mute.
#[derive(Clone, Debug)]
pub struct NewMute {
    pub user_id: UserId,
    /// 1 to 43200.
    pub minutes: u32,
    pub reason: Option<String>,
}

/// Mutes a member for some minutes; a second time replaces the first. For the owner and the moderators.
///
/// # Errors
/// `invalid` with the field `minutes`, or with `userId` for oneself; `too_long` with the field `reason`;
/// `room_not_found`, `gone`, `not_a_member`; `forbidden` unless the role is higher; `not_found` with the field `userId`
/// for a user who is not a member.
pub fn mute(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, room_id: RoomId, new: NewMute) -> Result<()> {
    let my_role = require_moderator(tx, me, room_id)?;
    mute_as(tx, limits, now, me, my_role, room_id, new)
}

/// Mutes a member with the rights of a role.
pub(in crate::chat) fn mute_as(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    my_role: Role,
    room_id: RoomId,
    new: NewMute,
) -> Result<()> {
    let NewMute { user_id, minutes, reason } = new;
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(Error::invalid("minutes", format!("minutes must be 1 to {MINUTES_MAX}")));
    }
    let reason = text::reason(reason.as_deref(), limits.reason_max)?;
    if user_id == me {
        return Err(Error::invalid("userId", "nobody mutes oneself"));
    }
    let their_role = role(tx, user_id, room_id).map_err(|error| match error.code {
        Code::NotAMember => Error::new(Code::NotFound).with_field("userId"),
        _ => error,
    })?;
    // Only an admin acts as an owner on the owner.
    let is_above = their_role > my_role || (their_role == my_role && my_role < Role::Owner);
    if is_above || account::is_admin(tx, user_id)? {
        return Err(Code::Forbidden.into());
    }
    tx.execute(
        "INSERT INTO mutes (room_id, user_id, by_user_id, reason, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (room_id, user_id) DO UPDATE SET by_user_id = excluded.by_user_id, reason = excluded.reason,
           created_at = excluded.created_at, ends_at = excluded.ends_at",
        &[&room_id, &user_id, &me, &reason, &now, &(now + i64::from(minutes) * MINUTE)],
    )?;
    publish(tx, now, room_id, user_id)?;
    audit::append(tx, now, Some(me), AuditAction::MemberMuted, Some(room_id), user_id)
}

/// Lets a muted user write again.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`, also for oneself; `not_found` with the field `userId` for a user who is not
/// muted.
pub fn unmute(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, user_id: UserId) -> Result<()> {
    require_moderator(tx, me, room_id)?;
    if user_id == me {
        return Err(Error::new(Code::Forbidden).with_message("ask another moderator to lift your own mute"));
    }
    let sql = "DELETE FROM mutes WHERE room_id = ?1 AND user_id = ?2 AND ends_at > ?3";
    if tx.execute(sql, &[&room_id, &user_id, &now])? == 0 {
        return Err(Error::new(Code::NotFound).with_field("userId"));
    }
    publish(tx, now, room_id, user_id)?;
    audit::append(tx, now, Some(me), AuditAction::MemberUnmuted, Some(room_id), user_id)
}

/// Publishes the present mutes of a user and of their bots, which write no more than their owner.
fn publish(tx: &mut Tx, now: i64, room_id: RoomId, user_id: UserId) -> Result<()> {
    for user_id in bot_right::bots_of(tx, user_id)?.into_iter().chain([user_id]) {
        let mute = present(tx, now, user_id, room_id)?;
        tx.publish(Fact::Muted { room_id, user_id, mute });
    }
    Ok(())
}

/// Returns the mute of a user; of a bot or its owner the one that lasts longer.
fn present(tx: &mut Tx, now: i64, user_id: UserId, room_id: RoomId) -> Result<Option<OwnMute>> {
    let sql = "SELECT ends_at, reason FROM mutes
               WHERE room_id = ?1 AND user_id IN (?2, (SELECT owner_id FROM bots WHERE user_id = ?2)) AND ends_at > ?3
               ORDER BY ends_at DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok(OwnMute { ends_at: rfc3339(row.get(0)?), reason: row.get(1)? });
    Ok(tx.query_opt(sql, &[&room_id, &user_id, &now], read)?)
}

/// Returns the muted users of a room, the first to write again first; at most a hundred. For the owner and the moderators.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn mutes(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<Vec<Mute>> {
    static MUTES: LazyLock<String> = LazyLock::new(|| {
        let (user, by) = (user::columns("u"), user::columns("y"));
        format!(
            "SELECT {user}, {by}, m.reason, m.created_at, m.ends_at
             FROM mutes m LEFT JOIN users u ON u.id = m.user_id LEFT JOIN users y ON y.id = m.by_user_id
             WHERE m.room_id = ?1 AND m.ends_at > ?2 ORDER BY m.ends_at, m.user_id LIMIT ?3"
        )
    });
    require_moderator(tx, me, room_id)?;
    Ok(tx.query_all(&MUTES, &[&room_id, &now, &LISTED], |row| {
        let mut c = row.columns();
        Ok(Mute {
            user: user::read(&mut c)?,
            by: user::read(&mut c)?,
            reason: c.next()?,
            created_at: rfc3339(c.next()?),
            ends_at: rfc3339(c.next()?),
        })
    })?)
}

/// Returns the mute of a member, if there is one; of a bot also that of its owner. Those who are not muted cost no query.
///
/// # Errors
/// Only those of the store.
pub fn own_mute(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    room_id: RoomId,
    membership: &Membership,
) -> Result<Option<OwnMute>> {
    match membership.muted_until {
        Some(until) if until > now => present(tx, now, me, room_id),
        _ => Ok(None),
    }
}

/// Removes the mutes and the bans that have ended. They count for nothing before.
///
/// # Errors
/// Only those of the store.
pub fn forget_ended(tx: &mut Tx, now: i64) -> Result<()> {
    tx.execute("DELETE FROM mutes WHERE ends_at <= ?1", &[&now])?;
    tx.execute("DELETE FROM bans WHERE ends_at IS NOT NULL AND ends_at <= ?1", &[&now])?;
    Ok(())
}
