//! What a message must keep to beside its size: the state of the room and of the member, and the rules that admins have set.

use crate::chat::admin_rights::is_admin;
use crate::chat::kinds::{Role, RoomKind, WordAction, Writers};
use crate::chat::member::{self, Membership};
use crate::chat::server_settings::Looked;
use crate::chat::{Limits, Tx, direct};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text::markup::first_link;

const MINUTE: i64 = 60_000;

/// Checks that a member may write in a room now. Nobody is muted in a direct room.
///
/// # Errors
/// `room_closed`; `muted`, with the time that is left; `read_only` where others write.
pub(super) fn check_writer(now: i64, membership: &Membership) -> Result<()> {
    membership.check_open()?;
    check_not_muted(now, membership.muted_until)?;
    let needed = match membership.writers {
        Writers::All => Role::Member,
        Writers::Moderators => Role::Moderator,
        Writers::Owner => Role::Owner,
    };
    if membership.role < needed { Err(Code::ReadOnly.into()) } else { Ok(()) }
}

/// Checks that a user may write in a room now.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`; `room_closed`, `muted`, `read_only`.
pub(in crate::chat) fn check_may_write(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<()> {
    check_writer(now, &member::membership(tx, me, room_id)?)
}

/// Returns whether the others learn that a member is typing: not of one who may not write, nor in a direct room whose other user has
/// blocked them.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`.
pub fn shows_typing(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<bool> {
    let membership = member::membership(tx, me, room_id)?;
    let checked = check_writer(now, &membership).and_then(|()| match membership.kind {
        RoomKind::Open => Ok(()),
        RoomKind::Direct => direct::check_open(tx, me, room_id),
    });
    match checked {
        Err(error) if [Code::Forbidden, Code::RoomClosed, Code::Muted, Code::ReadOnly].contains(&error.code) => {
            Ok(false)
        }
        checked => checked.map(|()| true),
    }
}

/// # Errors
/// `muted`, with the time that is left.
pub(super) fn check_not_muted(now: i64, muted_until: Option<i64>) -> Result<()> {
    match muted_until {
        Some(until) if until > now => Err(Error::allowed_in(Code::Muted, until - now)),
        _ => Ok(()),
    }
}

/// Checks a text against the rules of the server, and returns what is done about its words.
///
/// # Errors
/// `too_new` for links and files of somebody who has just come, with the time that is left, not for the server; `filtered` with
/// the field `text`.
pub(super) fn check_text(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: Option<UserId>,
    text: &str,
    has_files: bool,
    looked: Option<Looked>,
) -> Result<Option<WordAction>> {
    let settings = limits.server.get();
    let hold = i64::from(settings.hold_minutes) * MINUTE;
    if let Some(me) = me
        && hold > 0
        && (has_files || first_link(text).is_some())
    {
        let since = tx.query_one("SELECT created_at FROM users WHERE id = ?1", &[&me], |row| row.get::<i64>(0))?;
        let left = (since + hold - now).min(hold);
        if left > 0 && !is_admin(tx, me)? {
            return Err(Error::allowed_in(Code::TooNew, left));
        }
    }
    match limits.server.action(text, looked) {
        Some(WordAction::Refuse) => Err(Error::new(Code::Filtered).with_field("text")),
        found => Ok(found),
    }
}
