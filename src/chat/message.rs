//! Messages: sent once, numbered, read back in order.

use schemars::JsonSchema;
use serde::Serialize;

use super::file::{self, File, NewFile};
use super::room::{self, RoomKind};
use super::user::{self, User};
use super::{Fact, Limits, Tx, block, direct, member, search};
use crate::clock::rfc3339;
use crate::db::Row;
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, MessageId, RoomId, UserId};
use crate::sabotage::{self, Bug};
use crate::text;

mod change;
pub(super) mod line;
mod load;
pub(super) mod mention;
mod pace;
mod page;
mod preview;
mod reaction;

pub(super) use change::erase;
pub use change::{answer, delete, edit, pin, pins, room_of};
pub use line::crowd_line;
pub(super) use load::by_numbers;
pub use mention::Mention;
pub use page::{Changes, Cursor, Reader, Told, page, since, visible_rev};
pub use preview::{Preview, awaits_preview, set_preview};
pub use reaction::{Reaction, has_reacted, react};

/// A message in its whole present state. A deleted one has an empty text and no files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub room_id: RoomId,
    /// The room's rev at which the message was born: its place, for ever.
    pub seq: i64,
    /// The room's rev of its last change.
    pub rev: i64,
    pub kind: MessageKind,
    /// Who wrote it; in a system line, who acted.
    pub user: Option<User>,
    /// What was written. A system line has none in the store: the doors fill in the ready line in
    /// the reader's language.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// To whom a whisper is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<User>,
    pub files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Reply>,
    pub reactions: Vec<Reaction>,
    /// Whom the text names; left out where it names nobody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// What the page behind the first link says of itself, where that was asked and answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// The sender's own id for the message; the doors add it for the sender's own sockets alone.
    #[serde(skip)]
    pub key: Option<String>,
    /// Whether not every member may see it whole: the room shows nobody what was before they
    /// joined, and this is something old that changed, or an answer to it. For who tells it live;
    /// what is read back is cut to its reader already.
    #[serde(skip)]
    pub is_partial: bool,
}

impl Message {
    /// Cuts what it quotes from before `first_seq`: that somebody answered something is all that
    /// is left.
    pub fn cut(&mut self, first_seq: i64) {
        if let Some(reply) = self.reply_to.as_mut().filter(|reply| reply.seq < first_seq) {
            reply.user = None;
            reply.excerpt.clear();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    Text,
    System,
    Whisper,
}

/// What a system line tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    pub event: SystemEvent,
    /// Whom it befell: the kicked, the new owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Who did it, where that is another person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// In a crowd: how many besides the named person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SystemEvent {
    Join,
    Exit,
    Kick,
    Ban,
    Owner,
    Title,
    Max,
    Password,
    /// A member became a moderator.
    Moderator,
    /// A moderator became a member again.
    Member,
}

/// The message that is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub seq: i64,
    pub user: Option<User>,
    pub excerpt: String,
}

/// What somebody wants to say.
#[derive(Clone, Debug, Default)]
pub struct New {
    /// The sender's own id; with it a send may be repeated without a second message.
    pub key: Option<String>,
    pub text: String,
    /// The seq of the message that is answered.
    pub reply_to: Option<i64>,
    /// Uploads of the sender that wait for a message.
    pub file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    pub to: Option<UserId>,
}

/// The answer to a send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The message in its present state. What a first answer gave as the rev is its `seq`.
    pub message: Message,
    /// Whether `key` was seen before, so that nothing was stored now.
    pub dup: bool,
}

/// The answer to a deletion.
#[derive(Clone, Debug)]
pub struct Changed {
    pub message: Message,
    /// The hashes of stored bytes that nobody needs any more.
    pub unneeded: Vec<String>,
}

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
    mut new: New,
    files: Vec<NewFile>,
) -> Result<Sent> {
    if sabotage::has(Bug::SkipDedup) {
        new.key = None;
    }
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
    let (standing, user) = member::speaker(tx, me, room_id)?;
    if standing.kind == RoomKind::Direct {
        direct::check_open(tx, me, room_id)?;
    }
    if let Some(to) = new.to {
        check_whisper(tx, me, room_id, to)?;
    }
    let may_see = |seq: &i64| *seq >= standing.first_seq;
    let answered = match new.reply_to {
        Some(seq) => Some(answered(tx, me, room_id, new.to, Some(seq).filter(may_see))?),
        None => None,
    };
    let (reply_to, reply) = answered.unzip();
    // A whisper is heard by one person anyway.
    let mentions = match new.to {
        Some(_) => Vec::new(),
        None => mention::find(tx, limits, room_id, standing.role, &text)?,
    };
    pace::keep(tx, now, me, room_id, &standing)?;
    if file_count == 0 {
        tx.point_of_no_return();
    }

    let seq = room::next_rev(tx, now, room_id, new.to.is_none())?;
    mention::note(tx, room_id, seq, &[], &mentions)?;
    let kind = if new.to.is_some() { MessageKind::Whisper } else { MessageKind::Text };
    let mut message = Message {
        id: MessageId::new(now),
        room_id,
        seq,
        rev: seq,
        kind,
        user: Some(user),
        text,
        system: None,
        to: match new.to {
            Some(to) => user::find(tx, to)?,
            None => None,
        },
        files: Vec::new(),
        is_partial: reply.is_some() && !standing.history.is_all(),
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
    search::index_new(tx, number, &message);
    preview::seek(tx, limits, now, &message)?;
    tx.tell(Fact::Message(Box::new(message.clone())));
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
    match member::standing(tx, me, message.room_id) {
        Ok(standing) => message.cut(standing.first_seq),
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
