//! Hiding a message: for everybody it is as deleted, and what it held is kept apart until somebody shows or deletes it.

use super::reaction::rows;
use super::{Message, load, mention, preview, target};
use crate::chat::kinds::{AuditAction, HookEvent, MessageKind, RoomKind};
use crate::chat::outgoing_hook::event::fire;
use crate::chat::{Limits, Tx, account, audit, notification, room, search};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// A message that somebody may hide or show.
#[derive(Clone, Copy, Debug)]
pub(in crate::chat) struct Hideable {
    pub(in crate::chat) number: i64,
    pub(in crate::chat) room_id: RoomId,
    pub(in crate::chat) id: MessageId,
}

/// Hides a message; again it changes nothing. For the moderators of the room and for admins.
///
/// # Errors
/// `forbidden` for others, and for a message that they may not moderate, or that is deleted or unknown.
pub fn hide(tx: &mut Tx, now: i64, me: UserId, id: MessageId) -> Result<Message> {
    let message = moderated(tx, me, id)?;
    hide_as(tx, now, Some(me), message)
}

/// Shows a hidden message again.
///
/// # Errors
/// As [`hide`]; `forbidden` where an admin has hidden it, and for one's own that somebody else or the word filter has hidden,
/// except for admins; `not_found` for a message that is not hidden.
pub fn show(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId) -> Result<Message> {
    let message = moderated(tx, me, id)?;
    show_as(tx, limits, now, me, message)
}

/// Finds a message that a moderator or an admin may moderate: no whisper, and none of a direct room.
fn moderated(tx: &mut Tx, me: UserId, id: MessageId) -> Result<Hideable> {
    match target::find(tx, me, id) {
        Ok(found) if found.may_moderate() && found.kind != MessageKind::System => {
            Ok(Hideable { number: found.number, room_id: found.room_id, id })
        }
        Err(error) if error.code != Code::Forbidden => Err(error),
        _ if account::is_admin(tx, me)? => {
            let found = find(tx, id)?.ok_or(Code::Forbidden)?;
            if found.1 { Err(Code::Forbidden.into()) } else { Ok(found.0) }
        }
        _ => Err(Code::Forbidden.into()),
    }
}

/// Returns a message of a user that somebody may hide or show who has checked that.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn find_hideable(tx: &mut Tx, id: MessageId) -> Result<Option<Hideable>> {
    Ok(find(tx, id)?.map(|(found, _)| found))
}

/// Returns a message of a user, and whether only its users may see it.
fn find(tx: &mut Tx, id: MessageId) -> Result<Option<(Hideable, bool)>> {
    let sql = "SELECT m.number, m.room_id, m.to_user_id, r.kind FROM messages m JOIN rooms r ON r.id = m.room_id
               WHERE m.id = ?1 AND m.kind <> 'system'";
    Ok(tx.query_opt(sql, &[&id], |row| {
        let is_whisper = row.get::<Option<UserId>>(2)?.is_some();
        let is_private = is_whisper || row.get::<RoomKind>(3)? == RoomKind::Direct;
        Ok((Hideable { number: row.get(0)?, room_id: row.get(1)?, id }, is_private))
    })?)
}

/// Hides a message without checking the user.
pub(in crate::chat) fn hide_as(tx: &mut Tx, now: i64, by: Option<UserId>, message: Hideable) -> Result<Message> {
    let Hideable { number, room_id, id } = message;
    if is_hidden(tx, number)? {
        return load::by_number(tx, number);
    }
    let sql = "SELECT seq, to_user_id, mentions, deleted_at FROM messages WHERE number = ?1";
    let (seq, to, mentions, deleted_at) = tx.query_one(sql, &[&number], |row| {
        let mut c = row.columns();
        Ok((c.next::<i64>()?, c.next::<Option<UserId>>()?, c.next::<Option<String>>()?, c.next::<Option<i64>>()?))
    })?;
    if deleted_at.is_some() {
        return Err(Code::Forbidden.into());
    }
    mention::store(tx, room_id, seq, &mention::from_column(mentions.as_deref()), &[])?;
    rows::delete(tx, number)?;
    preview::cancel(tx, id)?;
    put_apart(tx, now, by, number)?;
    let position = room::next_rev(tx, now, room_id, to.is_none())?;
    tx.execute("UPDATE messages SET rev = ?2 WHERE number = ?1", &[&number, &position.rev])?;
    search::forget(tx, number);
    if by.is_some() {
        audit::append(tx, now, by, AuditAction::MessageHidden, Some(room_id), id)?;
    }
    let hidden = target::publish(tx, number, position)?;
    fire(tx, now, HookEvent::Delete, &hidden, by)?;
    Ok(hidden)
}

/// Moves what a message holds into the table of hidden ones. Its row is then as that of a deleted message.
pub(super) fn put_apart(tx: &mut Tx, now: i64, by: Option<UserId>, number: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO hidden_messages
           (message_number, room_id, user_id, text, mentions, file_count, by_user_id, hidden_at)
         SELECT number, room_id, user_id, text, mentions, file_count, ?2, ?3 FROM messages WHERE number = ?1",
        &[&number, &by, &now],
    )?;
    tx.execute(
        "UPDATE messages SET text = '', mentions = NULL, preview = NULL, pinned_at = NULL, file_count = 0,
           reaction_count = 0, deleted_at = ?2 WHERE number = ?1",
        &[&number, &now],
    )?;
    Ok(())
}

/// Shows a hidden message again, without checking the user. One that the word filter had held notifies now.
pub(in crate::chat) fn show_as(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    message: Hideable,
) -> Result<Message> {
    let Hideable { number, room_id, id } = message;
    let sql = "DELETE FROM hidden_messages WHERE message_number = ?1 RETURNING text, mentions, file_count, by_user_id";
    let found = tx.query_opt(sql, &[&number], |row| {
        let mut c = row.columns();
        Ok((c.next::<String>()?, c.next::<Option<String>>()?, c.next::<i64>()?, c.next::<Option<UserId>>()?))
    })?;
    let (text, mentions, file_count, hidden_by) = found.ok_or(Code::NotFound)?;
    let sql = "SELECT to_user_id, user_id FROM messages WHERE number = ?1";
    let (to, author) =
        tx.query_one(sql, &[&number], |row| Ok((row.get::<Option<UserId>>(0)?, row.get::<Option<UserId>>(1)?)))?;
    if author == Some(me) && hidden_by != Some(me) && !account::is_admin(tx, me)? {
        return Err(Error::new(Code::Forbidden).with_message("somebody else decides about a message of one's own"));
    }
    if let Some(hidden_by) = hidden_by
        && account::is_admin(tx, hidden_by)?
        && !account::is_admin(tx, me)?
    {
        return Err(Error::new(Code::Forbidden).with_message("an admin has hidden it, and admins show it again"));
    }
    let position = room::next_rev(tx, now, room_id, to.is_none())?;
    tx.execute(
        "UPDATE messages SET text = ?2, mentions = ?3, file_count = ?4, rev = ?5, deleted_at = NULL WHERE number = ?1",
        &[&number, &text, &mentions, &file_count, &position.rev],
    )?;
    audit::append(tx, now, Some(me), AuditAction::MessageShown, Some(room_id), id)?;
    let shown = target::publish(tx, number, position)?;
    mention::store_new(tx, &shown)?;
    search::index(tx, number, &shown);
    // Those who were sent it have deleted it, and one that was held is new to everybody.
    fire(tx, now, HookEvent::Message, &shown, shown.user.as_ref().map(|user| user.id))?;
    if hidden_by.is_none() {
        notification::queue_shown(tx, limits, now, &shown)?;
    }
    Ok(shown)
}

/// Returns whether a message is hidden.
pub(in crate::chat) fn is_hidden(tx: &mut Tx, number: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM hidden_messages WHERE message_number = ?1";
    Ok(tx.query_opt(sql, &[&number], |row| row.get::<i64>(0))?.is_some())
}

/// Forgets what a message held that is deleted now, and returns whether it was hidden.
pub(super) fn forget(tx: &mut Tx, number: i64) -> Result<bool> {
    Ok(tx.execute("DELETE FROM hidden_messages WHERE message_number = ?1", &[&number])? > 0)
}
