//! Changes of a message after it was sent: edit, delete, pin.

use super::reaction::rows;
use super::{Changed, Message, NewMessage, hide, load, mention, policy, preview, target};
use crate::chat::kinds::{AuditAction, HookEvent, MessageKind, RoomKind, WordAction};
use crate::chat::outgoing_hook::event::fire;
use crate::chat::server_settings::Looked;
use crate::chat::{Limits, Tx, account, audit, file, member, report, room, search};
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text;
use crate::text::markup::first_link;

/// A text that takes the place of another.
#[derive(Clone, Copy, Debug)]
pub struct NewText<'a> {
    pub text: &'a str,
    /// What was found in it before.
    pub looked: Option<Looked>,
}

impl<'a> From<&'a str> for NewText<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, looked: None }
    }
}

/// Replaces the text of one's own message; the same text changes nothing.
///
/// # Errors
/// `forbidden` for another's message, a deleted or unknown one, one that is too old, or one to a user who has blocked
/// `me`; `room_closed`, `muted`, `read_only`; `invalid` or `too_long` with the field `text`; `filtered`.
pub fn edit(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId, new: NewText<'_>) -> Result<Message> {
    let target = target::find(tx, me, id)?;
    if !target.is_changeable() || !target.is_by(me) || target.is_too_old(limits, now) {
        return Err(Code::Forbidden.into());
    }
    let text = text::message(new.text, limits.text_max, target.file_count > 0)?;
    if text == target.text {
        return target.load(tx);
    }
    target.check_may_act(tx, now, me)?;
    // An edit is a way to write.
    policy::check_may_write(tx, now, me, target.room_id)?;
    let verdict = policy::check_text(tx, limits, now, Some(me), &text, false, new.looked)?;
    if verdict == Some(WordAction::Hold) {
        return Err(Error::new(Code::Filtered).with_field("text"));
    }
    let mentions = match target.is_whisper() {
        true => Vec::new(),
        false => mention::find(tx, limits, target.room_id, target.role, &text)?,
    };
    if !target.is_silent {
        mention::store(tx, target.room_id, target.seq, &target.mentions(), &mentions)?;
    }
    // A preview belongs to its link, and so does the job that fetches it.
    let has_other_link = first_link(&text) != first_link(&target.text);
    let mut preview = target.preview.clone();
    if has_other_link {
        preview = None;
        preview::cancel(tx, id)?;
    }
    let position = target.next_rev(tx, now)?;
    tx.execute(
        "UPDATE messages SET text = ?2, mentions = ?3, preview = ?4, rev = ?5, edited_at = ?6 WHERE number = ?1",
        &[&target.number, &text, &mention::to_column(&mentions)?, &preview, &position.rev, &now],
    )?;
    let message = target.publish(tx, position)?;
    search::index(tx, target.number, &message);
    preview::enqueue(tx, limits, now, &message)?;
    if verdict.is_some() {
        report::report_by_filter(tx, now, id)?;
    }
    fire(tx, now, HookEvent::Edit, &message, Some(me))?;
    Ok(message)
}

/// Deletes a message for everybody; its place stays. Deleting it again changes nothing.
///
/// # Errors
/// `forbidden` for another's message unless `me` moderates the room, for one's own that is too old, or for an
/// unknown one.
pub fn delete(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId) -> Result<Changed> {
    let target = match target::find(tx, me, id) {
        Err(refused) if refused.code == Code::Forbidden && account::is_admin(tx, me)? => {
            return delete_anywhere(tx, now, me, id);
        }
        found => found?,
    };
    let is_allowed = target.may_moderate() || (target.is_by(me) && !target.is_too_old(limits, now));
    if target.kind == MessageKind::System || !is_allowed {
        return Err(Code::Forbidden.into());
    }
    // What is hidden counts as deleted, and is kept.
    if target.deleted_at.is_some() && !hide::is_hidden(tx, target.number)? {
        return Ok(Changed { message: target.load(tx)?, unneeded: Vec::new() });
    }
    if !target.is_by(me) {
        audit::append(tx, now, Some(me), AuditAction::MessageDeleted, Some(target.room_id), id)?;
    }
    erase(tx, now, target.number)
}

/// Deletes a message of any open room, for an admin, but no whisper, as an admin may not see it.
fn delete_anywhere(tx: &mut Tx, now: i64, me: UserId, id: MessageId) -> Result<Changed> {
    let sql = "SELECT m.number, m.deleted_at, m.room_id FROM messages m JOIN rooms r ON r.id = m.room_id
               WHERE m.id = ?1 AND m.to_user_id IS NULL AND m.kind <> 'system' AND r.kind = 'open'";
    let found =
        tx.query_opt(sql, &[&id], |row| Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?, row.get::<RoomId>(2)?)))?;
    match found.ok_or(Code::Forbidden)? {
        (number, None, room_id) => {
            audit::append(tx, now, Some(me), AuditAction::MessageDeleted, Some(room_id), id)?;
            erase(tx, now, number)
        }
        (number, Some(_), _) => Ok(Changed { message: load::by_number(tx, number)?, unneeded: Vec::new() }),
    }
}

/// Deletes a message without checking the user: the caller has, or the sender's account is deleted.
pub(in crate::chat) fn erase(tx: &mut Tx, now: i64, number: i64) -> Result<Changed> {
    let sql = "SELECT room_id, seq, to_user_id, file_count, mentions, id FROM messages WHERE number = ?1";
    let (room_id, seq, to, file_count, mentions, id) = tx.query_one(sql, &[&number], |row| {
        let mut c = row.columns();
        Ok((
            c.next()?,
            c.next::<i64>()?,
            c.next::<Option<UserId>>()?,
            c.next::<i64>()?,
            c.next::<Option<String>>()?,
            c.next()?,
        ))
    })?;
    let was_hidden = hide::forget(tx, number)?;
    let hashes = if file_count == 0 && !was_hidden { Vec::new() } else { file::delete_of_message(tx, number)? };
    mention::store(tx, room_id, seq, &mention::from_column(mentions.as_deref()), &[])?;
    rows::delete(tx, number)?;
    preview::cancel(tx, id)?;
    let position = room::next_rev(tx, now, room_id, to.is_none())?;
    tx.execute(
        "UPDATE messages SET text = '', mentions = NULL, preview = NULL, pinned_at = NULL, file_count = 0,
           reaction_count = 0, rev = ?2, deleted_at = ?3 WHERE number = ?1",
        &[&number, &position.rev, &now],
    )?;
    search::forget(tx, number);
    let unneeded = file::unreferenced(tx, &hashes)?;
    let message = target::publish(tx, number, position)?;
    fire(tx, now, HookEvent::Delete, &message, None)?;
    Ok(Changed { message, unneeded })
}

/// Returns an answer to a message, and its room. A whisper is answered with a whisper to the other user.
///
/// # Errors
/// `forbidden` for a system message, an unknown one, or one that `me` may not see.
pub fn answer(tx: &mut Tx, me: UserId, id: MessageId, text: String) -> Result<(RoomId, NewMessage)> {
    let target = target::find(tx, me, id)?;
    if target.kind == MessageKind::System {
        return Err(Code::Forbidden.into());
    }
    let message = load::by_number(tx, target.number)?;
    let to = match message.to {
        Some(to) if target.is_by(me) => Some(to.id),
        Some(_) => target.user_id,
        None => None,
    };
    Ok((target.room_id, NewMessage { text, reply_to: Some(target.seq), to, ..NewMessage::default() }))
}

/// Pins a message in its room or unpins it. In an open room the owner and the moderators may, in a direct one
/// both users.
///
/// # Errors
/// `forbidden` for other users, and for a whisper, a deleted or an unknown message; `too_many` pins.
pub fn pin(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId, on: bool) -> Result<Message> {
    let target = target::find(tx, me, id)?;
    let is_allowed = target.may_moderate() || target.room_kind == RoomKind::Direct;
    if !target.is_changeable() || target.is_whisper() || !is_allowed {
        return Err(Code::Forbidden.into());
    }
    if target.pinned_at.is_some() == on {
        return target.load(tx);
    }
    if !target.may_moderate() {
        target.check_may_act(tx, now, me)?;
    }
    if on {
        let sql = "SELECT COUNT(*) FROM messages WHERE room_id = ?1 AND pinned_at IS NOT NULL";
        let count: u64 = tx.query_one(sql, &[&target.room_id], |row| row.get(0))?;
        if count >= limits.pins_max as u64 {
            let most = limits.pins_max;
            return Err(Error::new(Code::TooMany).with_message(format!("a room has at most {most} pins")));
        }
    }
    let position = target.next_rev(tx, now)?;
    let pinned_at = on.then_some(now);
    tx.execute(
        "UPDATE messages SET pinned_at = ?2, rev = ?3 WHERE number = ?1",
        &[&target.number, &pinned_at, &position.rev],
    )?;
    if target.room_kind == RoomKind::Open {
        let action = if on { AuditAction::MessagePinned } else { AuditAction::MessageUnpinned };
        audit::append(tx, now, Some(me), action, Some(target.room_id), id)?;
    }
    target.publish(tx, position)
}

/// Returns the pinned messages of a room, the latest pin first.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn pins(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Vec<Message>> {
    let first_seq = member::membership(tx, me, room_id)?.first_seq;
    let sql = "SELECT m.number, m.id FROM messages m JOIN rooms r ON r.id = m.room_id
                 JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
               WHERE m.room_id = ?1 AND m.pinned_at IS NOT NULL AND (r.history = 'all' OR m.seq >= x.joined_rev)
               ORDER BY m.pinned_at DESC, m.number DESC LIMIT 100";
    let pinned: Vec<(i64, MessageId)> = tx.query_all(sql, &[&room_id, &me], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (numbers, ids): (Vec<i64>, Vec<MessageId>) = pinned.into_iter().unzip();
    let mut pins = load::by_numbers(tx, &numbers)?;
    pins.sort_by_cached_key(|message| ids.iter().position(|id| *id == message.id));
    pins.iter_mut().for_each(|message| message.cut(first_seq));
    Ok(pins)
}
