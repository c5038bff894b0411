//! Removing somebody, for now or for good.

use super::{end, find_role, require_moderator};
use crate::chat::message::SystemEvent;
use crate::chat::message::system_message::{self, Line};
use crate::chat::{Fact, Leaving, Limits, Tx, invite, room, user};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

/// Removes a member; with `ban` they do not get in again, and somebody who is not a member can be
/// kept out beforehand. Returns the rev of the line, or the present one where a ban was there
/// already.
///
/// Nobody removes the owner, and moderators do not remove each other.
///
/// # Errors
/// `too_long` with the field `reason`; `room_not_found`, `not_a_member`; `forbidden` for who may
/// not; `invalid` with the field `userId` for oneself; `not_found` with the field `userId` for who
/// is not a member, or with `ban` for nobody.
pub fn kick(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, room_id: RoomId, victim: Kick<'_>) -> Result<i64> {
    let Kick { user_id, ban, reason } = victim;
    let reason = text::reason(reason, limits.reason_max)?;
    let mine = require_moderator(tx, me, room_id)?;
    if user_id == me {
        return Err(Error::invalid("userId", "nobody removes oneself; leave instead"));
    }
    let theirs = find_role(tx, user_id, room_id)?;
    match theirs {
        // Roles are ordered: only a lower one is removed.
        Some(theirs) if theirs >= mine => return Err(Code::Forbidden.into()),
        None if !ban || user::find(tx, user_id)?.is_none() => {
            return Err(Error { field: Some("userId".into()), ..Error::new(Code::NotFound) });
        }
        _ => {}
    }
    let is_new = ban && add_ban(tx, now, me, room_id, user_id, reason.as_deref())?;
    if theirs.is_none() && !is_new {
        return Ok(room::snapshot(tx, room_id)?.rev);
    }
    if theirs.is_some() {
        end(tx, room_id, user_id)?;
        invite::withdraw(tx, room_id, user_id)?;
    }
    let event = if ban { SystemEvent::Ban } else { SystemEvent::Kick };
    let line = Line { user: Some(user_id), by: Some(me), reason: reason.clone(), ..Line::new(event) };
    let rev = system_message::tell(tx, now, room_id, me, line)?;
    if theirs.is_some() {
        tx.publish(Fact::Left { room_id, user_id, rev, why: Leaving::Kicked { ban, reason } });
        room::tell_changed(tx, room_id)?;
    }
    Ok(rev)
}

/// Whether the ban was not there before.
fn add_ban(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, user_id: UserId, reason: Option<&str>) -> Result<bool> {
    let added = tx.execute(
        "INSERT INTO bans (room_id, user_id, by_user_id, reason, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (room_id, user_id) DO NOTHING",
        &[&room_id, &user_id, &me, &reason, &now],
    )?;
    Ok(added > 0)
}

/// Whom to remove, and how.
#[derive(Clone, Copy, Debug)]
pub struct Kick<'a> {
    pub user_id: UserId,
    pub ban: bool,
    pub reason: Option<&'a str>,
}
