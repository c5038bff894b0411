//! Changes of a room by its owner: settings, hand-over, removal.

use super::{Room, checked_max, publish_changed, snapshot, tombstone};
use crate::chat::kinds::{AuditAction, History, HookEvent, Role, SystemEvent, Writers};
use crate::chat::message::SystemMessage;
use crate::chat::outgoing_hook::event::fire_room;
use crate::chat::server_settings::KEEP_DAYS_MAX;
use crate::chat::suspension::check_not_suspended;
use crate::chat::{Fact, Limits, Tx, account, audit, hook, invite, member, system_message};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

/// New settings; a field that is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub max: Option<u32>,
    /// `Some(None)` removes the password; a hash sets a new one.
    pub password_hash: Option<Option<String>>,
    pub listed: Option<bool>,
    pub history: Option<History>,
    pub slow_seconds: Option<u32>,
    pub writers: Option<Writers>,
    pub keep_messages_days: Option<u32>,
    pub keep_files_days: Option<u32>,
    /// Ends every invite of the room.
    pub revoke_invites: bool,
}

const MINUTE: i64 = 60_000;
/// A week.
const LOCK_MINUTES_MAX: u32 = 10_080;
/// Six hours.
const SLOW_SECONDS_MAX: u32 = 21_600;

/// Changes settings, with a system message for each new title, size or password.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`; `forbidden` unless the owner; `invalid` or `too_long`
/// with the field `title`, `slowSeconds`, `keepMessagesDays`, `keepFilesDays` or `max`, which cannot be below the number of members.
pub fn change(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: RoomId, change: Change) -> Result<Room> {
    check_owner(tx, me, id)?;
    let room = snapshot(tx, id)?;
    let title = change.title.map(|title| text::title(&title, limits.title_max)).transpose()?;
    let title = title.filter(|title| *title != room.title);
    if let Some(title) = &title {
        limits.check_words("title", title)?;
    }
    let max = change.max.filter(|&max| max != room.max).map(|max| checked_max(limits, Some(max))).transpose()?;
    if max.is_some_and(|max| max < room.member_count) {
        return Err(Error::invalid("max", format!("there are {} members already", room.member_count)));
    }
    if change.revoke_invites {
        invite::revoke_all(tx, id)?;
    }
    // A new hash differs even for the same password. Only removing none is known to change nothing.
    let password_hash = change.password_hash.filter(|hash| hash.is_some() || room.locked);
    let quiet = Room {
        listed: change.listed.unwrap_or(room.listed),
        history: change.history.unwrap_or(room.history),
        slow_seconds: change.slow_seconds.unwrap_or(room.slow_seconds),
        writers: change.writers.unwrap_or(room.writers),
        keep_messages_days: change.keep_messages_days.unwrap_or(room.keep_messages_days),
        keep_files_days: change.keep_files_days.unwrap_or(room.keep_files_days),
        ..room.clone()
    };
    let has_quiet_change = set_quietly(tx, limits, &room, &quiet)?;
    if title.is_none() && max.is_none() && password_hash.is_none() && !has_quiet_change {
        return Ok(room);
    }
    if let Some(title) = title {
        let sql = "UPDATE rooms SET title = ?2, title_folded = ?3 WHERE id = ?1";
        tx.execute(sql, &[&id, &title, &text::fold(&title)])?;
        system_message::post(
            tx,
            now,
            id,
            me,
            SystemMessage { title: Some(title), ..SystemMessage::new(SystemEvent::Title) },
        )?;
    }
    if let Some(max) = max {
        tx.execute("UPDATE rooms SET max = ?2 WHERE id = ?1", &[&id, &max])?;
        system_message::post(
            tx,
            now,
            id,
            me,
            SystemMessage { max: Some(max), ..SystemMessage::new(SystemEvent::Max) },
        )?;
    }
    if let Some(hash) = password_hash {
        tx.execute("UPDATE rooms SET password_hash = ?2 WHERE id = ?1", &[&id, &hash])?;
        system_message::post(tx, now, id, me, SystemMessage::new(SystemEvent::Password))?;
    }
    let changed = publish_changed(tx, id)?;
    if changed.is_in_lobby() != room.is_in_lobby() {
        tx.publish(Fact::RoomListed(Box::new(changed.clone())));
    }
    Ok(changed)
}

/// Writes the settings that have no system message, and returns whether any of them changed.
fn set_quietly(tx: &mut Tx, limits: &Limits, room: &Room, new: &Room) -> Result<bool> {
    if new.slow_seconds > SLOW_SECONDS_MAX {
        return Err(Error::invalid("slowSeconds", format!("slowSeconds must be 0 to {SLOW_SECONDS_MAX}")));
    }
    if new == room {
        return Ok(false);
    }
    let server = limits.server.get();
    check_keeps("keepMessagesDays", server.keep_messages_days, room.keep_messages_days, new.keep_messages_days)?;
    check_keeps("keepFilesDays", server.keep_files_days, room.keep_files_days, new.keep_files_days)?;
    let sql = "UPDATE rooms SET is_listed = ?2, history = ?3, slow_seconds = ?4, writers = ?5, keep_messages_days = ?6,
                 keep_files_days = ?7 WHERE id = ?1";
    let (messages, files) = (new.keep_messages_days, new.keep_files_days);
    tx.execute(sql, &[&room.id, &new.listed, &new.history, &new.slow_seconds, &new.writers, &messages, &files])?;
    Ok(true)
}

/// Checks that a room keeps nothing longer than the server does. What it has kept before may stay.
fn check_keeps(field: &'static str, server: u32, before: u32, days: u32) -> Result<()> {
    let most = if server == 0 { KEEP_DAYS_MAX } else { server };
    if days != before && days > most {
        return Err(Error::invalid(field, format!("{field} must be 0 to {most} on this server")));
    }
    Ok(())
}

/// Lets nobody new come in for some minutes, or ends that with 0. For the owner and the moderators.
///
/// # Errors
/// `invalid` with the field `minutes`; `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn lock_joins(tx: &mut Tx, now: i64, me: UserId, id: RoomId, minutes: u32) -> Result<Room> {
    if minutes > LOCK_MINUTES_MAX {
        return Err(Error::invalid("minutes", format!("minutes must be 0 to {LOCK_MINUTES_MAX}")));
    }
    member::require_moderator(tx, me, id)?;
    let until = (minutes > 0).then(|| now + i64::from(minutes) * MINUTE);
    tx.execute("UPDATE rooms SET joins_locked_until = ?2 WHERE id = ?1", &[&id, &until])?;
    let action = if until.is_some() { AuditAction::JoinsLocked } else { AuditAction::JoinsUnlocked };
    audit::append(tx, now, Some(me), action, Some(id), id)?;
    publish_changed(tx, id)
}

/// Makes another member the owner, and revokes the invites of the former one. The present owner changes nothing.
///
/// # Errors
/// `room_not_found`, `not_a_member`; `forbidden` unless the owner; `not_found` with the field
/// `userId` when the other is not a member.
pub fn hand_over(tx: &mut Tx, now: i64, me: UserId, id: RoomId, to: UserId) -> Result<Room> {
    check_owner(tx, me, id)?;
    give_to(tx, now, Some(me), id, to)
}

/// Makes a member the owner, without checking who wants it: the caller has, or it is a command.
pub(in crate::chat) fn give_to(tx: &mut Tx, now: i64, me: Option<UserId>, id: RoomId, to: UserId) -> Result<Room> {
    match member::find_role(tx, to, id)? {
        Some(Role::Owner) => return snapshot(tx, id),
        Some(_) => member::refuse_power(tx, to)?,
        None => return Err(Error::new(Code::NotFound).with_field("userId")),
    }
    check_not_suspended(tx, now, to)?;
    // Not `me`, as an admin may do this too.
    let sql = "UPDATE members SET role = 'member' WHERE room_id = ?1 AND role = 'owner' RETURNING user_id";
    if let Some(former) = tx.query_opt(sql, &[&id], |row| row.get(0))? {
        invite::revoke_all_of(tx, id, former)?;
        hook::revoke_all_of(tx, now, id, former)?;
    }
    set_owner(tx, now, id, me.unwrap_or(to), to)?;
    audit::append(tx, now, me, AuditAction::RoomHandedOver, Some(id), to)?;
    publish_changed(tx, id)
}

/// Removes a room with everything in it. An admin need not be a member.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`; `forbidden` unless the owner.
pub fn remove(tx: &mut Tx, now: i64, me: UserId, id: RoomId) -> Result<()> {
    match check_owner(tx, me, id) {
        Err(error) if error.code == Code::NotAMember && account::is_admin(tx, me)? => {}
        checked => checked?,
    }
    audit::append(tx, now, Some(me), AuditAction::RoomRemoved, Some(id), id)?;
    delete(tx, now, id)
}

/// Makes a member the owner, with a system message.
pub(in crate::chat) fn set_owner(tx: &mut Tx, now: i64, id: RoomId, actor: UserId, to: UserId) -> Result<()> {
    member::set_role(tx, id, to, Role::Owner)?;
    tx.execute("UPDATE rooms SET owner_id = ?2 WHERE id = ?1", &[&id, &to])?;
    let by = if actor == to { None } else { Some(actor) };
    system_message::post(
        tx,
        now,
        id,
        actor,
        SystemMessage { user: Some(to), by, ..SystemMessage::new(SystemEvent::Owner) },
    )?;
    Ok(())
}

/// Removes a room without checking the user, and publishes it. Its messages are deleted later, in steps, so
/// that no other act waits for a long history.
pub(in crate::chat) fn delete(tx: &mut Tx, now: i64, id: RoomId) -> Result<()> {
    let was_in_lobby = snapshot(tx, id)?.is_in_lobby();
    fire_room(tx, now, HookEvent::RoomRemoved, id)?;
    tombstone::mark_removed(tx, now, id)?;
    hook::delete_of_room(tx, now, id)?;
    for sql in [
        "DELETE FROM invites WHERE room_id = ?1",
        "DELETE FROM members WHERE room_id = ?1",
        "DELETE FROM bans WHERE room_id = ?1",
        "DELETE FROM mutes WHERE room_id = ?1",
        "DELETE FROM hidden_messages WHERE room_id = ?1",
        "DELETE FROM rooms WHERE id = ?1",
    ] {
        tx.execute(sql, &[&id])?;
    }
    tx.publish(Fact::RoomRemoved { room_id: id, was_in_lobby });
    Ok(())
}

/// Checks that a user has the owner's rights.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn check_owner(tx: &mut Tx, me: UserId, id: RoomId) -> Result<()> {
    if member::role(tx, me, id)? == Role::Owner { Ok(()) } else { Err(Code::Forbidden.into()) }
}
