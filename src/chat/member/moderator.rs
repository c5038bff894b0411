//! Moderators: appointed and dismissed by the owner.

use super::{Role, find_role, refuse_power, role, set_role};
use crate::chat::kinds::{AuditAction, SystemEvent};
use crate::chat::message::SystemMessage;
use crate::chat::{Tx, audit, hook, invite, room, system_message};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// Makes a member a moderator, or a moderator a member again, and returns the rev of its system message; the
/// present one where nothing changes. The invites of a dismissed moderator are revoked.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`; `forbidden` unless the owner; `invalid` with the field `userId` for
/// an owner or a bot; `not_found` with the field `userId` for a user who is not a member.
pub fn set_moderator(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, user_id: UserId, on: bool) -> Result<i64> {
    if role(tx, me, room_id)? != Role::Owner {
        return Err(Code::Forbidden.into());
    }
    let (new, event, action) = match on {
        true => (Role::Moderator, SystemEvent::Moderator, AuditAction::ModeratorMade),
        false => (Role::Member, SystemEvent::Member, AuditAction::ModeratorRemoved),
    };
    match find_role(tx, user_id, room_id)? {
        None => return Err(Error::new(Code::NotFound).with_field("userId")),
        Some(Role::Owner) => return Err(Error::invalid("userId", "the owner may do more; hand the room over first")),
        Some(old) if old == new => return Ok(room::snapshot(tx, room_id)?.rev),
        Some(_) => refuse_power(tx, user_id)?,
    }
    set_role(tx, room_id, user_id, new)?;
    audit::append(tx, now, Some(me), action, Some(room_id), user_id)?;
    if !on {
        invite::revoke_all_of(tx, room_id, user_id)?;
        hook::revoke_all_of(tx, now, room_id, user_id)?;
    }
    let content = SystemMessage { user: Some(user_id), by: Some(me), ..SystemMessage::new(event) };
    system_message::post(tx, now, room_id, me, content)
}
