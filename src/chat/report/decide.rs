//! Decisions about reports. Each is carried out in the same transaction.

use crate::chat::admin_rights::is_admin;
use crate::chat::kinds::{AuditAction, Decision, Role, RoomKind};
use crate::chat::member::{self, Kick, require_moderator};
use crate::chat::message::{self, Hideable, NewMessage, Post};
use crate::chat::{Fact, Limits, Tx, account, audit, direct, room, server_user, user};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, ReportId, RoomId, UserId};
use crate::text;

/// A decision with what it needs.
#[derive(Clone, Debug)]
pub struct Act {
    pub decision: Decision,
    /// For `mute`.
    pub minutes: Option<u32>,
    /// For `ban` and `suspend`; without it there is no end.
    pub hours: Option<u32>,
    /// What the user is told: for `warn`, `mute` and `ban`.
    pub reason: Option<String>,
    /// Whether the message is hidden as well: for `warn`, `mute`, `ban` and `suspend`.
    pub hides: bool,
}

/// The result of a decision.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// The hashes of stored bytes that are not needed any more.
    pub unneeded: Vec<String>,
}

/// A report that is decided now.
struct Open {
    room_id: Option<RoomId>,
    message_id: Option<MessageId>,
    user_id: UserId,
    /// With which role the decider acts in the room.
    role: Role,
}

/// Decides a report and carries that out. With a message, all open reports of it are decided. What was hidden may be shown again
/// later.
///
/// # Errors
/// `not_found` for a report that is unknown or for others to decide; `conflict` for one that is decided; `forbidden` for
/// moderators where the user is the owner or an admin; `invalid` with the field; those of the act.
pub fn decide(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: ReportId, act: &Act) -> Result<Decided> {
    let open = find(tx, me, id, act.decision)?;
    let unneeded = carry_out(tx, limits, now, me, &open, act)?;
    let decided = "UPDATE reports SET decided_at = ?2, decided_by = ?3, decision = ?4
                   WHERE decided_at IS NULL AND (id = ?1 OR (message_id IS NOT NULL AND message_id = ?5))";
    tx.execute(decided, &[&id, &now, &me, &act.decision, &open.message_id])?;
    tx.publish(Fact::ReportsChanged { room_id: open.room_id, about: Some(open.user_id) });
    let subject = format!("{id} {}", act.decision.as_str());
    audit::append(tx, now, Some(me), AuditAction::ReportDecided, open.room_id, subject)?;
    Ok(Decided { unneeded })
}

fn find(tx: &mut Tx, me: UserId, id: ReportId, decision: Decision) -> Result<Open> {
    let sql = "SELECT room_id, message_id, user_id, is_private, decided_at FROM reports WHERE id = ?1";
    let found = tx.query_opt(sql, &[&id], |row| {
        let mut c = row.columns();
        let about = (c.next::<Option<RoomId>>()?, c.next()?, c.next()?, c.next::<bool>()?);
        Ok((about, c.next::<Option<i64>>()?.is_some()))
    })?;
    let ((room_id, message_id, user_id, is_private), is_decided) = found.ok_or(Code::NotFound)?;
    let mut role = Role::Owner;
    if !is_admin(tx, me)? {
        let room = room_id.filter(|_| !is_private && user_id != me).ok_or(Code::NotFound)?;
        role = require_moderator(tx, me, room).map_err(|_| Code::NotFound)?;
        // Else a moderator could dismiss what was reported about those who appointed them.
        let is_of_owner = role < Role::Owner && member::find_role(tx, user_id, room)? == Some(Role::Owner);
        if is_of_owner || is_admin(tx, user_id)? {
            return Err(Error::new(Code::Forbidden).with_message("admins decide about the owner and about admins"));
        }
    }
    if is_decided && decision != Decision::Show {
        Err(Code::Conflict.into())
    } else {
        Ok(Open { room_id, message_id, user_id, role })
    }
}

fn carry_out(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, open: &Open, act: &Act) -> Result<Vec<String>> {
    let unneeded = act_on(tx, limits, now, me, open, act)?;
    if act.hides {
        hide_too(tx, now, me, open, act.decision)?;
    }
    Ok(unneeded)
}

/// Hides the message together with what is done about its author. One that is gone meanwhile need not be hidden.
fn hide_too(tx: &mut Tx, now: i64, me: UserId, open: &Open, decision: Decision) -> Result<()> {
    if !matches!(decision, Decision::Warn | Decision::Mute | Decision::Ban | Decision::Suspend) {
        return Err(Error::invalid("hide", "hide goes with warn, mute, ban and suspend"));
    }
    let Some(id) = open.message_id else { return Err(Error::invalid("hide", "the report is of no message")) };
    let Some(message) = message::find_hideable(tx, id)? else { return Ok(()) };
    match message::hide_as(tx, now, Some(me), message) {
        Err(error) if error.code == Code::Forbidden => Ok(()),
        hidden => hidden.map(drop),
    }
}

fn act_on(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, open: &Open, act: &Act) -> Result<Vec<String>> {
    let room = || open.room_id.ok_or_else(|| Error::invalid("decision", "the report is of no room"));
    match act.decision {
        Decision::Dismiss => {}
        Decision::Hide => {
            let message = reported(tx, open)?;
            message::hide_as(tx, now, Some(me), message)?;
        }
        Decision::Show => {
            let message = reported(tx, open)?;
            message::show_as(tx, limits, now, me, message)?;
        }
        Decision::Delete => {
            let Hideable { number, room_id, id } = reported(tx, open)?;
            audit::append(tx, now, Some(me), AuditAction::MessageDeleted, Some(room_id), id)?;
            return Ok(message::erase(tx, now, number)?.unneeded);
        }
        Decision::Warn => {
            tell(tx, limits, now, me, open, act)?;
            audit::append(tx, now, Some(me), AuditAction::UserWarned, open.room_id, open.user_id)?;
        }
        Decision::Mute | Decision::Ban if is_direct(tx, room()?)? => {
            return Err(Error::invalid(
                "decision",
                "nobody is muted in a direct room or removed from it; suspend or warn",
            ));
        }
        Decision::Mute => {
            let minutes = act.minutes.ok_or_else(|| Error::invalid("minutes", "minutes is missing"))?;
            let mute = member::NewMute { user_id: open.user_id, minutes, reason: act.reason.clone() };
            member::mute_as(tx, limits, now, me, open.role, room()?, mute)?;
            if let Some(reason) = act.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
                notify(tx, limits, now, room()?, open.user_id, reason)?;
            }
        }
        Decision::Ban => {
            let (user_id, reason) = (open.user_id, act.reason.clone());
            let kick = Kick { user_id, ban: true, hours: act.hours, reason, revoke_invites: false };
            member::kick_as(tx, limits, now, me, open.role, room()?, kick)?;
        }
        Decision::Suspend => {
            if !is_admin(tx, me)? || is_admin(tx, open.user_id)? {
                return Err(Code::Forbidden.into());
            }
            let reason = text::reason(act.reason.as_deref(), limits.reason_max)?;
            // The end of a report does not shorten what has no end.
            if act.hours.is_none() || !account::is_suspended_for_good(tx, open.user_id)? {
                account::suspend(tx, now, Some(me), open.user_id, act.hours, reason.as_deref())?;
            }
        }
    }
    Ok(Vec::new())
}

fn is_direct(tx: &mut Tx, room_id: RoomId) -> Result<bool> {
    Ok(room::find_any(tx, room_id)?.is_some_and(|room| room.kind == RoomKind::Direct))
}

/// Returns the reported message.
fn reported(tx: &mut Tx, open: &Open) -> Result<Hideable> {
    let id = open.message_id.ok_or_else(|| Error::invalid("decision", "the report is of no message"))?;
    message::find_hideable(tx, id)?.ok_or(Code::Gone.into())
}

/// Whispers to a member why, as the server does: neither a block of theirs nor the word filter may stop a decision.
fn notify(tx: &mut Tx, limits: &Limits, now: i64, room_id: RoomId, user_id: UserId, reason: &str) -> Result<()> {
    let (user, to, text) = (server_user::get(tx, now)?, user::find(tx, user_id)?, format!("⚠ {reason}"));
    let post = Post { user, room_id, to, text: &text, reply_to: None, silent: false, maker: None };
    message::post(tx, limits, now, post).map(drop)
}

/// Tells the user what was wrong: by a whisper in the room if both are in it, else in a direct room.
fn tell(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, open: &Open, act: &Act) -> Result<()> {
    let reason = act.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or_else(|| Error::invalid("reason", "a warning says what was wrong"))?;
    let text = format!("⚠ {reason}");
    let mut to = None;
    let mut room_id = open.room_id;
    if let Some(room) = room_id {
        let is_shared =
            member::find_role(tx, me, room)?.is_some() && member::find_role(tx, open.user_id, room)?.is_some();
        let is_open = is_shared && member::membership(tx, me, room)?.kind == RoomKind::Open;
        (room_id, to) = if is_open { (Some(room), Some(open.user_id)) } else { (None, None) };
    }
    let room_id = match room_id {
        Some(room_id) => room_id,
        None => {
            direct::check_allowed(tx, limits, me, open.user_id)?;
            direct::open(tx, now, me, open.user_id)?.0.id
        }
    };
    message::send(tx, limits, now, me, room_id, NewMessage { text, to, ..NewMessage::default() })?;
    Ok(())
}
