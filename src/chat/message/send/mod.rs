//! Sending: checked, numbered, stored, told.

use super::{Message, MessageKind, New, Reply, Sent, load, mention, preview, slow_mode};
use crate::chat::file::{self, NewFile};
use crate::chat::room::{self, RoomKind};
use crate::chat::{Fact, Limits, Tx, block, direct, member, search, user};
use crate::clock::rfc3339;
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text;

/// Stores a message, once for each key of the sender, and tells it.
///
/// A repeated key answers with the first message, whatever else the repeat says.
///
/// # Errors
/// `invalid` or `too_long` with the field `key`, `text`, `replyTo`, `fileIds` or `to`;
/// `room_not_found`, `gone`, `not_a_member`; `not_found` with the field `to` when a whisper is for
/// somebody who is not in the room; `forbidden` with the field `to` when they have blocked the
/// sender; `rate_limited` in slow mode.
pub fn send(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, room_id: RoomId, new: New) -> Result<Sent> {
    store(tx, limits, now, me, room_id, new, Vec::new())
}

/// Stores a message and the files it carries in one go. When the key was seen before the files are
/// not added: the caller asks [`file::unreferenced`] whether their bytes may go.
///
/// # Errors
/// As [`send`]; `too_many` when one person would have more stored than is allowed.
pub fn send_with_files(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    new: New,
    files: Vec<NewFile>,
) -> Result<Sent> {
    store(tx, limits, now, me, room_id, new, files)
}

fn store(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    new: New,
    files: Vec<NewFile>,
) -> Result<Sent> {
    let file_count = new.file_ids.len() + files.len();
    if file_count > limits.files_max {
        return Err(Error::invalid("fileIds", format!("a message carries at most {} files", limits.files_max)));
    }
    let text = text::message(&new.text, limits.text_max, file_count > 0)?;
    if let Some(key) = &new.key {
        text::key(key, limits.key_max)?;
        if let Some(first) = find_sent(tx, me, key)? {
            return Ok(first);
        }
    }
    let (membership, user) = member::sender(tx, me, room_id)?;
    if membership.kind == RoomKind::Direct {
        direct::check_open(tx, me, room_id)?;
    }
    if let Some(to) = new.to {
        check_whisper(tx, me, room_id, to)?;
    }
    let may_see = |seq: &i64| *seq >= membership.first_seq;
    let answered = match new.reply_to {
        Some(seq) => Some(answered(tx, me, room_id, new.to, Some(seq).filter(may_see))?),
        None => None,
    };
    let (reply_to, reply) = answered.unzip();
    // A whisper is heard by one person anyway.
    let mentions = match new.to {
        Some(_) => Vec::new(),
        None => mention::find(tx, limits, room_id, membership.role, &text)?,
    };
    slow_mode::keep(tx, now, me, room_id, &membership)?;

    let kind = if new.to.is_some() { MessageKind::Whisper } else { MessageKind::Text };
    let mut message = Message {
        id: MessageId::new(now),
        room_id,
        seq: 0,
        rev: 0,
        kind,
        user: Some(user),
        text,
        system: None,
        to: match new.to {
            Some(to) => user::find(tx, to)?,
            None => None,
        },
        files: Vec::new(),
        is_partial: reply.is_some() && !membership.history.is_all(),
        reply_to: reply,
        reactions: Vec::new(),
        mentions,
        preview: None,
        pinned_at: None,
        edited_at: None,
        deleted_at: None,
        created_at: rfc3339(now),
        key: new.key,
    };
    preview::seek(tx, limits, now, &message)?;
    let words = search::words_of(tx, &message, file_count > 0);
    message.seq = room::next_rev(tx, now, room_id, message.to.is_none())?;
    message.rev = message.seq;
    mention::note(tx, room_id, message.seq, &[], &message.mentions)?;
    let number = insert(tx, now, me, &message, reply_to, file_count)?;
    if file_count > 0 {
        let mut file_ids = new.file_ids;
        file_ids.extend(file::add_all(tx, limits, now, me, files)?);
        file::attach(tx, me, room_id, number, &file_ids)?;
        message.files = file::of_messages(tx, &[number])?.into_iter().map(|(_, file)| file).collect();
    }
    // What is told and answered is what a reader of the store would find; to read it back for each
    // send would cost a seventh of it.
    debug_assert_eq!(load::get(tx, number)?, message);
    tx.index_new(number, words);
    tx.publish(Fact::Message(Box::new(message.clone())));
    Ok(Sent { message, dup: false })
}

/// Writes the row of a new message and gives its number.
fn insert(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    message: &Message,
    reply_to: Option<i64>,
    file_count: usize,
) -> Result<i64> {
    let number = tx.insert_numbered(
        "INSERT INTO messages
           (id, room_id, seq, rev, kind, user_id, to_user_id, text, reply_to, file_count, key, mentions, created_at)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        &[
            &message.id,
            &message.room_id,
            &message.seq,
            &message.kind,
            &me,
            &message.to.as_ref().map(|user| user.id),
            &message.text,
            &reply_to,
            &(file_count as u64),
            &message.key,
            &mention::to_column(&message.mentions)?,
            &now,
        ],
    );
    // With several writers the same key may arrive in two rooms at once; asked again, the loser
    // finds the winner's message.
    number.map_err(|fault| if fault.is_unique() { Code::Busy.into() } else { Error::from(fault) })
}

/// The answer to a send whose key was seen before.
///
/// # Errors
/// Only those of the store.
pub fn find_sent(tx: &mut Tx, me: UserId, key: &str) -> Result<Option<Sent>> {
    let sql = "SELECT number FROM messages WHERE user_id = ?1 AND key = ?2 AND key IS NOT NULL";
    let Some(number) = tx.query_opt(sql, &[&me, &key], |row| row.get(0))? else { return Ok(None) };
    let mut message = load::get(tx, number)?;
    match member::membership(tx, me, message.room_id) {
        Ok(membership) => message.cut(membership.first_seq),
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(_) => {
            // The answer still holds, but what others have made of their messages since is no
            // longer for this person.
            message.reply_to = None;
            message.reactions.clear();
        }
    }
    Ok(Some(Sent { message, dup: true }))
}

fn check_whisper(tx: &mut Tx, me: UserId, room_id: RoomId, to: UserId) -> Result<()> {
    if to == me {
        return Err(Error::invalid("to", "a whisper is for somebody else"));
    }
    if member::find_role(tx, to, room_id)?.is_none() {
        return Err(Error { field: Some("to".into()), ..Error::new(Code::NotFound) });
    }
    if block::is_blocked(tx, to, me)? {
        return Err(Error { field: Some("to".into()), ..Error::new(Code::Forbidden) });
    }
    Ok(())
}

/// The message that is answered, by its number and as the answer shows it. Whoever sees the answer
/// must be allowed to see what it quotes: a public message, or for a whisper also one between the
/// same two people.
fn answered(tx: &mut Tx, me: UserId, room_id: RoomId, to: Option<UserId>, seq: Option<i64>) -> Result<(i64, Reply)> {
    let public = concat!(
        "SELECT ",
        load::reply_columns!(),
        ", q.number FROM messages q LEFT JOIN users qu ON qu.id = q.user_id
         WHERE q.room_id = ?1 AND q.seq = ?2 AND q.to_user_id IS NULL"
    );
    let between = concat!(
        "SELECT ",
        load::reply_columns!(),
        ", q.number FROM messages q LEFT JOIN users qu ON qu.id = q.user_id
         WHERE q.room_id = ?1 AND q.seq = ?2 AND q.to_user_id IS NOT NULL
           AND ((q.user_id = ?3 AND q.to_user_id = ?4) OR (q.user_id = ?4 AND q.to_user_id = ?3))"
    );
    let read = |row: &Row<'_>| {
        let reply = load::read_reply(row, 0)?;
        reply.map(|reply| Ok((row.get(load::REPLY_WIDTH)?, reply))).transpose()
    };
    let mut found = tx.query_opt(public, &[&room_id, &seq], read)?.flatten();
    if found.is_none() && to.is_some() {
        found = tx.query_opt(between, &[&room_id, &seq, &me, &to], read)?.flatten();
    }
    found.ok_or_else(|| Error::invalid("replyTo", "there is no such message to answer here"))
}

#[cfg(test)]
mod tests;
