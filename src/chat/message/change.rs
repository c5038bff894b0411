//! What becomes of a message after it was sent: edited, deleted, pinned.
//!
//! A message that one may not see and one that there is not are the same to whoever asks.

use super::mention::{self, Mention};
use super::{Changed, Message, MessageKind, New, load, preview};
use crate::chat::member::{Role, role_column};
use crate::chat::room::{self, RoomKind};
use crate::chat::{Fact, Limits, Tx, account, file, member, search};
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text::{self, link};

/// A message that somebody wants to do something with, and what they are in its room.
pub(super) struct Target {
    pub(super) number: i64,
    pub(super) room_id: RoomId,
    pub(super) seq: i64,
    kind: MessageKind,
    user_id: Option<UserId>,
    is_whisper: bool,
    text: String,
    file_count: i64,
    mentions: Option<String>,
    preview: Option<String>,
    created_at: i64,
    deleted_at: Option<i64>,
    pinned_at: Option<i64>,
    role: Role,
    room_kind: RoomKind,
    /// The first message of the room that is theirs to see.
    first_seq: i64,
}

/// Finds a message as somebody may act on it: in a room they are in, and one that they may see.
///
/// # Errors
/// `forbidden` for any other.
pub(super) fn target(tx: &mut Tx, me: UserId, id: MessageId) -> Result<Target> {
    let found = tx.query_opt(
        concat!(
            "SELECT m.number, m.room_id, m.seq, m.kind, m.user_id, m.to_user_id, m.text, m.file_count, m.mentions,
               m.created_at, m.deleted_at, m.pinned_at, ",
            role_column!("x"),
            ", r.kind, CASE WHEN r.history = 'all' THEN 0 ELSE x.joined_rev END, m.preview
             FROM messages m JOIN rooms r ON r.id = m.room_id
               JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
             WHERE m.id = ?1 AND (m.to_user_id IS NULL OR m.to_user_id = ?2 OR m.user_id = ?2)
               AND (r.history = 'all' OR m.seq >= x.joined_rev)"
        ),
        &[&id, &me],
        |row: &Row<'_>| {
            Ok(Target {
                number: row.get(0)?,
                room_id: row.get(1)?,
                seq: row.get(2)?,
                kind: row.get(3)?,
                user_id: row.get(4)?,
                is_whisper: row.get::<Option<UserId>>(5)?.is_some(),
                text: row.get(6)?,
                file_count: row.get(7)?,
                mentions: row.get(8)?,
                created_at: row.get(9)?,
                deleted_at: row.get(10)?,
                pinned_at: row.get(11)?,
                role: row.get(12)?,
                room_kind: row.get(13)?,
                first_seq: row.get(14)?,
                preview: row.get(15)?,
            })
        },
    )?;
    found.ok_or(Code::Forbidden.into())
}

/// The room of a message, for who must wait for the room before acting on it.
///
/// # Errors
/// Only those of the store.
pub fn room_of(tx: &mut Tx, id: MessageId) -> Result<Option<RoomId>> {
    Ok(tx.query_opt("SELECT room_id FROM messages WHERE id = ?1", &[&id], |row| row.get(0))?)
}

impl Target {
    /// Whether somebody said it and it is still there: a line of the system is nobody's to change.
    pub(super) fn is_said(&self) -> bool {
        self.kind != MessageKind::System && self.deleted_at.is_none()
    }

    /// The room's next rev for a change of this message.
    pub(super) fn next_rev(&self, tx: &mut Tx, now: i64) -> Result<i64> {
        room::next_rev(tx, now, self.room_id, !self.is_whisper)
    }

    /// The message as it is now, for who acts on it.
    pub(super) fn now(&self, tx: &mut Tx) -> Result<Message> {
        let mut message = load::get(tx, self.number)?;
        message.cut(self.first_seq);
        Ok(message)
    }

    /// Tells that the message was changed, and gives it as [`Target::now`].
    pub(super) fn told(&self, tx: &mut Tx) -> Result<Message> {
        let mut message = told(tx, self.number)?;
        message.cut(self.first_seq);
        Ok(message)
    }

    fn is_by(&self, me: UserId) -> bool {
        self.user_id == Some(me)
    }

    /// Whether this member keeps order here. In a direct room nobody does.
    fn is_kept_by_me(&self) -> bool {
        self.role >= Role::Moderator && self.room_kind == RoomKind::Open && !self.is_whisper
    }

    /// One's own message may be changed for a while; who keeps order may any time.
    fn is_too_old(&self, limits: &Limits, now: i64) -> bool {
        let window = limits.change_window_ms;
        window > 0 && now - self.created_at > window && !self.is_kept_by_me()
    }

    fn mentions(&self) -> Vec<Mention> {
        mention::from_column(self.mentions.as_deref())
    }
}

/// Gives one's own message another text; the same text changes nothing.
///
/// # Errors
/// `forbidden` for another's message, a deleted one, one that is too old, or none; `invalid` or
/// `too_long` with the field `text`.
pub fn edit(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId, typed: &str) -> Result<Message> {
    let target = target(tx, me, id)?;
    if !target.is_said() || !target.is_by(me) || target.is_too_old(limits, now) {
        return Err(Code::Forbidden.into());
    }
    let text = text::message(typed, limits.text_max, target.file_count > 0)?;
    if text == target.text {
        return target.now(tx);
    }
    let mentions = match target.is_whisper {
        true => Vec::new(),
        false => mention::find(tx, limits, target.room_id, target.role, &text)?,
    };
    mention::note(tx, target.room_id, target.seq, &target.mentions(), &mentions)?;
    // A preview goes with its link, and so does the look at its page.
    let has_other_link = link::first(&text) != link::first(&target.text);
    let preview = target.preview.clone().filter(|_| !has_other_link);
    if has_other_link {
        preview::seek_no_more(tx, id)?;
    }
    let rev = target.next_rev(tx, now)?;
    tx.execute(
        "UPDATE messages SET text = ?2, mentions = ?3, preview = ?4, rev = ?5, edited_at = ?6 WHERE number = ?1",
        &[&target.number, &text, &mention::to_column(&mentions)?, &preview, &rev, &now],
    )?;
    let message = target.told(tx)?;
    search::index(tx, target.number, &message);
    preview::seek(tx, limits, now, &message)?;
    Ok(message)
}

/// Takes a message away for all; its place stays. Doing it again changes nothing.
///
/// # Errors
/// `forbidden` for another's message unless one keeps order in the room, for one's own that is too
/// old, or for none.
pub fn delete(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId) -> Result<Changed> {
    let target = match target(tx, me, id) {
        Err(refused) if refused.code == Code::Forbidden && account::is_admin(tx, me)? => {
            return delete_anywhere(tx, now, id);
        }
        found => found?,
    };
    let may = target.is_kept_by_me() || (target.is_by(me) && !target.is_too_old(limits, now));
    if target.kind == MessageKind::System || !may {
        return Err(Code::Forbidden.into());
    }
    if target.deleted_at.is_some() {
        return Ok(Changed { message: target.now(tx)?, unneeded: Vec::new() });
    }
    erase(tx, now, target.number)
}

/// An admin takes any message of an open room away, in the room or not; whispers are not theirs to
/// see.
fn delete_anywhere(tx: &mut Tx, now: i64, id: MessageId) -> Result<Changed> {
    let sql = "SELECT m.number, m.deleted_at FROM messages m JOIN rooms r ON r.id = m.room_id
               WHERE m.id = ?1 AND m.to_user_id IS NULL AND m.kind <> 'system' AND r.kind = 'open'";
    let found = tx.query_opt(sql, &[&id], |row| Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?)))?;
    match found.ok_or(Code::Forbidden)? {
        (number, None) => erase(tx, now, number),
        (number, Some(_)) => Ok(Changed { message: load::get(tx, number)?, unneeded: Vec::new() }),
    }
}

fn told(tx: &mut Tx, number: i64) -> Result<Message> {
    let message = load::get(tx, number)?;
    tx.publish(Fact::Message(Box::new(message.clone())));
    Ok(message)
}

/// Takes a message away whoever asks: they have been checked, or its writer is gone for good.
pub(in crate::chat) fn erase(tx: &mut Tx, now: i64, number: i64) -> Result<Changed> {
    let sql = "SELECT room_id, seq, to_user_id, file_count, mentions, id FROM messages WHERE number = ?1";
    let (room_id, seq, to, file_count, mentions, id) = tx.query_one(sql, &[&number], |row| {
        let (to, mentions): (Option<UserId>, Option<String>) = (row.get(2)?, row.get(4)?);
        Ok((row.get(0)?, row.get::<i64>(1)?, to, row.get::<i64>(3)?, mentions, row.get(5)?))
    })?;
    let hashes = if file_count == 0 { Vec::new() } else { file::delete_of_message(tx, number)? };
    mention::note(tx, room_id, seq, &mention::from_column(mentions.as_deref()), &[])?;
    tx.execute("DELETE FROM reactions WHERE message_number = ?1", &[&number])?;
    preview::seek_no_more(tx, id)?;
    let rev = room::next_rev(tx, now, room_id, to.is_none())?;
    tx.execute(
        "UPDATE messages SET text = '', mentions = NULL, preview = NULL, pinned_at = NULL, file_count = 0,
           reaction_count = 0, rev = ?2, deleted_at = ?3 WHERE number = ?1",
        &[&number, &rev, &now],
    )?;
    search::forget(tx, number);
    let unneeded = file::unreferenced(tx, &hashes)?;
    Ok(Changed { message: told(tx, number)?, unneeded })
}

/// What answers a message with a text, and in which room: a whisper is answered to the other of the
/// two.
///
/// # Errors
/// `forbidden` for a message that one may not see, a line of the system, or none.
pub fn answer(tx: &mut Tx, me: UserId, id: MessageId, text: String) -> Result<(RoomId, New)> {
    let target = target(tx, me, id)?;
    if target.kind == MessageKind::System {
        return Err(Code::Forbidden.into());
    }
    let message = load::get(tx, target.number)?;
    let to = match message.to {
        Some(to) if target.is_by(me) => Some(to.id),
        Some(_) => target.user_id,
        None => None,
    };
    Ok((target.room_id, New { text, reply_to: Some(target.seq), to, ..New::default() }))
}

/// Pins a message in its room or takes the pin away; what is so already changes nothing. In an open
/// room its owner and moderators do, in a direct one both.
///
/// # Errors
/// `forbidden` for who may not, for a whisper, a deleted message or none; `too_many` pins.
pub fn pin(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, id: MessageId, on: bool) -> Result<Message> {
    let target = target(tx, me, id)?;
    let may = target.is_kept_by_me() || target.room_kind == RoomKind::Direct;
    if !target.is_said() || target.is_whisper || !may {
        return Err(Code::Forbidden.into());
    }
    if target.pinned_at.is_some() == on {
        return target.now(tx);
    }
    if on {
        let sql = "SELECT COUNT(*) FROM messages WHERE room_id = ?1 AND pinned_at IS NOT NULL";
        let count: u64 = tx.query_one(sql, &[&target.room_id], |row| row.get(0))?;
        if count >= limits.pins_max as u64 {
            let most = limits.pins_max;
            return Err(Error::new(Code::TooMany).with_message(format!("a room has at most {most} pins")));
        }
    }
    let rev = target.next_rev(tx, now)?;
    let pinned_at = on.then_some(now);
    tx.execute("UPDATE messages SET pinned_at = ?2, rev = ?3 WHERE number = ?1", &[&target.number, &pinned_at, &rev])?;
    target.told(tx)
}

/// What is pinned in a room, the latest pin first.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn pins(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Vec<Message>> {
    let first_seq = member::membership(tx, me, room_id)?.first_seq;
    let sql = "SELECT m.number FROM messages m JOIN rooms r ON r.id = m.room_id
                 JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
               WHERE m.room_id = ?1 AND m.pinned_at IS NOT NULL AND (r.history = 'all' OR m.seq >= x.joined_rev)
               ORDER BY m.pinned_at DESC, m.number DESC LIMIT 100";
    let numbers: Vec<i64> = tx.query_all(sql, &[&room_id, &me], |row| row.get(0))?;
    let shown = |number| {
        let mut message = load::get(tx, number)?;
        message.cut(first_seq);
        Ok(message)
    };
    numbers.into_iter().map(shown).collect()
}
