//! Sending a message: checked, numbered, stored, published.

use std::sync::LazyLock;

use super::load::{self, REPLY_COLUMNS};
use super::{Message, NewMessage, Reply, Sent, hide, mention, policy, preview, slow_mode};
use crate::chat::file::{self, NewFile};
use crate::chat::kinds::{HookEvent, MessageKind, Role, RoomKind, WordAction, Writers};
use crate::chat::outgoing_hook::event::fire;
use crate::chat::user::User;
use crate::chat::{Fact, Limits, Tx, block, direct, member, notification, report, room, search, user};
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::text;

/// Stores a message, once for each key of the sender, and publishes it.
///
/// A repeated key returns the first message, whatever the repeat contains.
///
/// # Errors
/// `invalid` or `too_long` with the field `key`, `text`, `replyTo`, `fileIds` or `to`;
/// `room_not_found`, `gone`, `not_a_member`; `not_found` with the field `to` when the recipient of a whisper is not
/// a member; `forbidden` with the field `to` when they have blocked the sender; `rate_limited` in slow mode;
/// `room_closed`, `muted`, `read_only`, `too_new`, `filtered`.
pub fn send(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, room_id: RoomId, new: NewMessage) -> Result<Sent> {
    store(tx, limits, now, me, room_id, new, Vec::new())
}

/// Stores a message and its files in one transaction. When the key was used before, the files are not added, and
/// the caller uses [`file::unreferenced`] to find bytes to delete.
///
/// # Errors
/// As [`send`]; `too_many` when the sender would store more than is allowed.
pub fn send_with_files(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    new: NewMessage,
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
    new: NewMessage,
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
    policy::check_writer(now, &membership)?;
    let verdict = policy::check_text(tx, limits, now, Some(me), &text, file_count > 0, new.looked)?;
    let is_held = verdict == Some(WordAction::Hold);
    if membership.kind == RoomKind::Direct {
        direct::check_open(tx, me, room_id)?;
        if membership.is_request {
            direct::accept(tx, me, room_id)?;
        }
    }
    if let Some(to) = new.to {
        check_whisper(tx, me, room_id, to)?;
    }
    let (mut answered, mut reply_to) = (None, None);
    if let Some(seq) = new.reply_to {
        if seq < membership.first_seq {
            return Err(no_such_answer());
        }
        let (number, reply) = find_answered(tx, me, room_id, new.to, seq)?.ok_or_else(no_such_answer)?;
        (answered, reply_to) = (Some(number), Some(reply));
    }
    // A whisper notifies its recipient anyway.
    let mentions = match new.to {
        Some(_) => Vec::new(),
        None => mention::find(tx, limits, room_id, membership.role, &text)?,
    };
    slow_mode::check(tx, now, me, room_id, &membership)?;

    let kind = if new.to.is_some() { MessageKind::Whisper } else { MessageKind::Text };
    let to = match new.to {
        Some(to) => user::find(tx, to)?,
        None => None,
    };
    let mut message = Message {
        to,
        is_partial: reply_to.is_some() && !membership.history.is_all(),
        reply_to,
        mentions,
        key: new.key,
        silent: new.silent,
        ..Message::new(MessageId::new(now), room_id, kind, Some(user), text, now)
    };
    if !is_held {
        preview::enqueue(tx, limits, now, &message)?;
    }
    let words = search::words_of(tx, &message, file_count > 0).filter(|_| !is_held);
    let position = room::next_rev(tx, now, room_id, message.to.is_none())?;
    (message.seq, message.rev) = (position.rev, position.rev);
    if !is_held {
        mention::store_new(tx, &message)?;
    }
    let number = insert(tx, now, me, &message, answered, file_count)?;
    let publishing = (position, words);
    if file_count > 0 {
        let mut file_ids = new.file_ids;
        file_ids.extend(file::add_all(tx, limits, now, me, files)?);
        file::attach(tx, me, room_id, number, &file_ids)?;
        message.files = file::of_messages(tx, &[number])?.into_iter().map(|(_, file)| file).collect();
    }
    if verdict.is_some() {
        report::report_by_filter(tx, now, message.id)?;
    }
    if is_held {
        hide::put_apart(tx, now, None, number)?;
        message = load::by_number(tx, number)?;
    }
    publish(tx, number, publishing, &message)?;
    if !is_held {
        fire(tx, now, HookEvent::Message, &message, Some(me))?;
        notification::queue(tx, limits, now, &message)?;
    }
    Ok(Sent { message, dup: false })
}

/// A message of a user who need not be a member, such as the bot of a hook.
pub(in crate::chat) struct Post<'a> {
    pub(in crate::chat) user: User,
    pub(in crate::chat) room_id: RoomId,
    /// The recipient of a whisper.
    pub(in crate::chat) to: Option<User>,
    pub(in crate::chat) text: &'a str,
    /// The seq of the message that it answers, if that is still there.
    pub(in crate::chat) reply_to: Option<i64>,
    /// Whether it notifies nobody.
    pub(in crate::chat) silent: bool,
    /// Who has made the program that posts it, and answers for it; `None` for the server.
    pub(in crate::chat) maker: Option<UserId>,
}

/// Stores a message of a user who need not be a member, and publishes it. A text that is too long is cut.
///
/// # Errors
/// `invalid` with the field `text`; `too_many` for too many mentions; `room_closed`; `muted` and `read_only` where the maker may not
/// write; `too_new`, `filtered`.
pub(in crate::chat) fn post(tx: &mut Tx, limits: &Limits, now: i64, post: Post<'_>) -> Result<Message> {
    let Post { user, room_id, to, text, reply_to, silent, maker } = post;
    let text = text::message(&text::cut(text, limits.text_max), limits.text_max, false)?;
    if to.is_none() {
        check_post(tx, limits, now, user.id, maker, room_id, &text)?;
    }
    // As a moderator, as it was made by one.
    let mentions = match to {
        Some(_) => Vec::new(),
        None => mention::find(tx, limits, room_id, Role::Moderator, &text)?,
    };
    let me = user.id;
    let answered = match reply_to {
        Some(seq) => find_answered(tx, me, room_id, to.as_ref().map(|to| to.id), seq)?,
        None => None,
    };
    let (answered, reply_to) = answered.unzip();
    let kind = if to.is_some() { MessageKind::Whisper } else { MessageKind::Text };
    let is_partial = reply_to.is_some() && !room::get(tx, None, room_id)?.history.is_all();
    let message = Message::new(MessageId::new(now), room_id, kind, Some(user), text, now);
    let mut message = Message { mentions, to, reply_to, is_partial, silent, ..message };
    let (number, publishing) = number_and_insert(tx, limits, now, me, &mut message, answered, 0)?;
    publish(tx, number, publishing, &message)?;
    fire(tx, now, HookEvent::Message, &message, Some(me))?;
    notification::queue(tx, limits, now, &message)?;
    Ok(message)
}

/// Checks what a program posts against the room and the rules of the server, as if its maker wrote it. No moderator could show
/// it later, so words that are held are refused.
fn check_post(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    user_id: UserId,
    maker: Option<UserId>,
    room_id: RoomId,
    text: &str,
) -> Result<()> {
    let room = room::get(tx, Some(user_id), room_id)?;
    if room.closed {
        return Err(Code::RoomClosed.into());
    }
    if let Some(maker) = maker {
        match policy::check_may_write(tx, now, maker, room_id) {
            // What somebody left in a room goes on, as far as any member may write.
            Err(error) if error.code == Code::NotAMember && room.writers == Writers::All => {}
            Err(error) if error.code == Code::NotAMember => return Err(Code::ReadOnly.into()),
            checked => checked?,
        }
    }
    match policy::check_text(tx, limits, now, maker, text, false, None)? {
        Some(WordAction::Hold | WordAction::Refuse) => Err(Error::new(Code::Filtered).with_field("text")),
        Some(WordAction::Warn) | None => Ok(()),
    }
}

/// What [`publish`] needs of a message that was inserted.
type Publishing = (room::Position, Option<String>);

/// Gives a message the next number of its room and inserts it, with the job of its preview.
fn number_and_insert(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    message: &mut Message,
    answered: Option<i64>,
    file_count: usize,
) -> Result<(i64, Publishing)> {
    preview::enqueue(tx, limits, now, message)?;
    let words = search::words_of(tx, message, file_count > 0);
    let position = room::next_rev(tx, now, message.room_id, message.to.is_none())?;
    (message.seq, message.rev) = (position.rev, position.rev);
    mention::store_new(tx, message)?;
    let number = insert(tx, now, me, message, answered, file_count)?;
    Ok((number, (position, words)))
}

fn publish(tx: &mut Tx, number: i64, (position, words): Publishing, message: &Message) -> Result<()> {
    // Reading the message back would cost a seventh of the send.
    debug_assert_eq!(load::by_number(tx, number)?, *message);
    tx.index_new(number, words);
    tx.publish(Fact::message(message.clone(), position));
    Ok(())
}

/// Inserts a new message and returns its number.
fn insert(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    message: &Message,
    answered: Option<i64>,
    file_count: usize,
) -> Result<i64> {
    let number = tx.insert_numbered(
        "INSERT INTO messages
           (id, room_id, seq, rev, kind, user_id, to_user_id, text, reply_to, file_count, key, mentions, created_at,
            is_silent)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        &[
            &message.id,
            &message.room_id,
            &message.seq,
            &message.kind,
            &me,
            &message.to.as_ref().map(|user| user.id),
            &message.text,
            &answered,
            &(file_count as u64),
            &message.key,
            &mention::to_column(&message.mentions)?,
            &now,
            &message.silent,
        ],
    );
    // With several writers the same key may arrive in two rooms at once. A retry finds the first message.
    number.map_err(|fault| if fault.is_unique() { Code::Busy.into() } else { Error::from(fault) })
}

/// Returns the result of a send whose key was used before.
///
/// # Errors
/// Only those of the store.
pub fn find_sent(tx: &mut Tx, me: UserId, key: &str) -> Result<Option<Sent>> {
    let sql = "SELECT number FROM messages WHERE user_id = ?1 AND key = ?2 AND key IS NOT NULL";
    let Some(number) = tx.query_opt(sql, &[&me, &key], |row| row.get(0))? else { return Ok(None) };
    let mut message = load::by_number(tx, number)?;
    match member::membership(tx, me, message.room_id) {
        Ok(membership) => message.cut(membership.first_seq),
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(_) => {
            // No longer a member: the sender must not see later changes by others.
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
        return Err(Error::new(Code::NotFound).with_field("to"));
    }
    if block::is_blocked(tx, to, me)? {
        return Err(Error::new(Code::Forbidden).with_field("to"));
    }
    Ok(())
}

/// Checks that a member may answer a public message.
///
/// # Errors
/// `invalid` with the field `replyTo`.
pub(in crate::chat) fn check_answer(tx: &mut Tx, me: UserId, room_id: RoomId, first_seq: i64, seq: i64) -> Result<()> {
    let answered = if seq < first_seq { None } else { find_answered(tx, me, room_id, None, seq)? };
    answered.map(drop).ok_or_else(no_such_answer)
}

fn no_such_answer() -> Error {
    Error::invalid("replyTo", "there is no such message to answer here")
}

static ANSWERED_PUBLIC: LazyLock<String> = LazyLock::new(|| answered("q.to_user_id IS NULL"));
static ANSWERED_WHISPER: LazyLock<String> = LazyLock::new(|| {
    answered(
        "q.to_user_id IS NOT NULL
         AND ((q.user_id = ?3 AND q.to_user_id = ?4) OR (q.user_id = ?4 AND q.to_user_id = ?3))",
    )
});

fn answered(condition: &str) -> String {
    format!("SELECT q.number, {REPLY_COLUMNS} FROM messages q WHERE q.room_id = ?1 AND q.seq = ?2 AND {condition}")
}

/// Returns the number of the answered message, and how the answer quotes it. All who see the answer must be
/// allowed to see the quote: it is of a public message or, in a whisper, also of one between the same two users.
fn find_answered(
    tx: &mut Tx,
    me: UserId,
    room_id: RoomId,
    to: Option<UserId>,
    seq: i64,
) -> Result<Option<(i64, Reply)>> {
    let read = |row: &Row<'_>| {
        let mut c = row.columns();
        Ok((c.next()?, load::read_reply(&mut c)?))
    };
    let mut found = tx.query_opt(&ANSWERED_PUBLIC, &[&room_id, &seq], read)?;
    if found.is_none() && to.is_some() {
        found = tx.query_opt(&ANSWERED_WHISPER, &[&room_id, &seq, &me, &to], read)?;
    }
    let Some((number, Some((mut reply, user_id)))) = found else { return Ok(None) };
    if let Some(user_id) = user_id {
        reply.user = user::find(tx, user_id)?;
    }
    Ok(Some((number, reply)))
}

#[cfg(test)]
mod tests;
