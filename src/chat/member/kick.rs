//! Removing a member, with or without a ban.

use super::{Role, end, require_moderator, role};
use crate::chat::kinds::{AuditAction, SystemEvent};
use crate::chat::message::SystemMessage;
use crate::chat::{Fact, Leaving, Limits, Tx, account, audit, end_after, invite, room, system_message, user};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

/// Removes a member. With `ban` they cannot join again; a user who is not a member can be banned as well.
/// Returns the rev of the system message, or the present one where the ban existed.
///
/// The owner and admins cannot be removed, and moderators cannot remove each other.
///
/// # Errors
/// `too_long` with the field `reason`; `room_not_found`, `not_a_member`; `forbidden` unless the role is
/// higher; `invalid` with the field `userId` for oneself; `not_found` with the field `userId` for a user who is
/// not a member, or with `ban` for an unknown user.
pub fn kick(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, room_id: RoomId, kick: Kick) -> Result<i64> {
    let my_role = require_moderator(tx, me, room_id)?;
    kick_as(tx, limits, now, me, my_role, room_id, kick)
}

/// Like [`kick`], with the rights of a role.
pub(in crate::chat) fn kick_as(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    my_role: Role,
    room_id: RoomId,
    kick: Kick,
) -> Result<i64> {
    let Kick { user_id, ban, hours, reason, revoke_invites } = kick;
    let reason = text::reason(reason.as_deref(), limits.reason_max)?;
    if hours.is_some() && !ban {
        return Err(Error::invalid("hours", "hours is for a ban"));
    }
    let ends_at = end_after(now, hours)?;
    if user_id == me {
        return Err(Error::invalid("userId", "nobody removes oneself; leave instead"));
    }
    // The effective role: a moderator removes no admin.
    let their_role = match role(tx, user_id, room_id) {
        Ok(role) => Some(role),
        Err(error) if error.code == Code::NotAMember => None,
        Err(error) => return Err(error),
    };
    if their_role.is_none() && account::is_admin(tx, user_id)? {
        return Err(Code::Forbidden.into());
    }
    match their_role {
        Some(role) if role >= my_role => return Err(Code::Forbidden.into()),
        None if !ban || user::find(tx, user_id)?.is_none() => {
            return Err(Error::new(Code::NotFound).with_field("userId"));
        }
        _ => {}
    }
    let is_new = ban && add_ban(tx, now, me, room_id, user_id, reason.as_deref(), ends_at)?;
    if ban && revoke_invites {
        invite::revoke_all(tx, room_id)?;
    }
    if their_role.is_none() && !is_new {
        return Ok(room::snapshot(tx, room_id)?.rev);
    }
    if their_role.is_some() {
        end(tx, now, room_id, user_id)?;
    }
    let (event, action) = match ban {
        true => (SystemEvent::Ban, AuditAction::MemberBanned),
        false => (SystemEvent::Kick, AuditAction::MemberRemoved),
    };
    audit::append(tx, now, Some(me), action, Some(room_id), user_id)?;
    let content =
        SystemMessage { user: Some(user_id), by: Some(me), reason: reason.clone(), ..SystemMessage::new(event) };
    let rev = system_message::post(tx, now, room_id, me, content)?;
    if their_role.is_some() {
        tx.publish(Fact::Left { room_id, user_id, rev, why: Leaving::Kicked { ban, reason } });
        room::publish_changed(tx, room_id)?;
    }
    Ok(rev)
}

/// Bans a user and returns whether the ban is new or longer than before.
fn add_ban(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    room_id: RoomId,
    user_id: UserId,
    reason: Option<&str>,
    ends_at: Option<i64>,
) -> Result<bool> {
    // One that has ended counts for nothing.
    tx.execute("DELETE FROM bans WHERE room_id = ?1 AND user_id = ?2 AND ends_at <= ?3", &[&room_id, &user_id, &now])?;
    let added = tx.execute(
        "INSERT INTO bans (room_id, user_id, by_user_id, reason, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (room_id, user_id) DO UPDATE SET
           by_user_id = excluded.by_user_id, reason = excluded.reason, ends_at = excluded.ends_at
         WHERE bans.ends_at IS NOT NULL AND (excluded.ends_at IS NULL OR excluded.ends_at > bans.ends_at)",
        &[&room_id, &user_id, &me, &reason, &now, &ends_at],
    )?;
    Ok(added > 0)
}

/// The user to remove, and how.
#[derive(Clone, Debug)]
pub struct Kick {
    pub user_id: UserId,
    pub ban: bool,
    /// With a ban: after how many hours it ends by itself.
    pub hours: Option<u32>,
    pub reason: Option<String>,
    /// With a ban: whether all invites of the room are revoked. A guest could return with one under another name.
    pub revoke_invites: bool,
}
