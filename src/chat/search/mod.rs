//! Messages by their words: kept with every send, edit and deletion, in the same transaction.
//!
//! Besides the words of its text a message is kept by what narrows a search, so that the index
//! itself answers "in my rooms" and a rare word costs the same however much others talk: its room,
//! the two people of a whisper instead, who wrote it, and whether it carries files. These begin with
//! a character for private use, which is never part of a word.

use super::message::{Message, MessageKind};
use super::room::{self, Room, RoomKind};
use super::user::{self, User};
use super::{Tx, direct, member};
use crate::db::{Fault, Row, Term};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text::{self, token};

mod find;
mod query;
#[cfg(test)]
mod tests;

pub use find::{Asked, Found, Hit, find};
pub use query::{Query, time};

/// What a message has in the index besides its words.
#[derive(Clone, Copy, Debug)]
enum Mark {
    /// A public message of the room.
    Room(RoomId),
    /// A whisper from or to the person, in whatever room.
    Whisper(UserId),
    Author(UserId),
    File,
}

impl Mark {
    fn word(self) -> String {
        match self {
            Mark::Room(id) => format!("\u{e000}{id}"),
            Mark::Whisper(id) => format!("\u{e001}{id}"),
            Mark::Author(id) => format!("\u{e002}{id}"),
            Mark::File => "\u{e003}".to_owned(),
        }
    }

    fn term(self) -> Term {
        Term::whole(self.word())
    }
}

/// A message has another text: it is found by what it says now.
pub fn index(tx: &mut Tx, number: i64, message: &Message) {
    let words = words_of(tx, message, !message.files.is_empty());
    tx.index(number, words);
}

/// By what a message is found, for [`Tx::index_new`]; `None` where nothing is.
pub fn words_of(tx: &Tx, message: &Message, has_files: bool) -> Option<String> {
    tx.has_index().then(|| words(&Indexed::new(message, has_files))).flatten()
}

/// The message of this number goes, or has gone: nothing of it stays in the index.
pub fn forget(tx: &mut Tx, number: i64) {
    tx.index(number, None);
}

/// A message as the index sees it.
struct Indexed {
    kind: MessageKind,
    room_id: RoomId,
    author: Option<UserId>,
    to: Option<UserId>,
    text: String,
    has_files: bool,
    is_deleted: bool,
}

impl Indexed {
    fn new(message: &Message, has_files: bool) -> Self {
        Self {
            kind: message.kind,
            room_id: message.room_id,
            author: message.user.as_ref().map(|user| user.id),
            to: message.to.as_ref().map(|user| user.id),
            text: message.text.clone(),
            has_files,
            is_deleted: message.deleted_at.is_some(),
        }
    }
}

const NEXT: &str = "SELECT number, kind, room_id, user_id, to_user_id, text, file_count, deleted_at FROM messages
                    WHERE number > ?1 ORDER BY number LIMIT ?2";

fn read(row: &Row<'_>) -> Result<(i64, Indexed), Fault> {
    let message = Indexed {
        kind: row.get(1)?,
        room_id: row.get(2)?,
        author: row.get(3)?,
        to: row.get(4)?,
        text: row.get(5)?,
        has_files: row.get::<i64>(6)? > 0,
        is_deleted: row.get::<Option<i64>>(7)?.is_some(),
    };
    Ok((row.get(0)?, message))
}

/// The row of a message, with spaces between; none for what is not found at all.
fn words(message: &Indexed) -> Option<String> {
    if message.kind == MessageKind::System || message.is_deleted {
        return None;
    }
    let folded = text::fold(&message.text);
    let mut words = token::tokens(&folded);
    let mut add = |mark: Mark| words.extend([&mark.word(), " "]);
    message.author.into_iter().for_each(|id| add(Mark::Author(id)));
    match message.to {
        None => add(Mark::Room(message.room_id)),
        Some(to) => [Some(to), message.author].into_iter().flatten().for_each(|id| add(Mark::Whisper(id))),
    }
    if message.has_files {
        add(Mark::File);
    }
    Some(words)
}

/// Whether the index has all messages by the present rules; a house without any has. Asked once
/// when the server starts.
///
/// # Errors
/// Only those of the store.
pub fn begin(tx: &mut Tx) -> Result<bool> {
    if is_whole(tx)? {
        return Ok(true);
    }
    let said = "SELECT number FROM messages WHERE kind <> 'system' LIMIT 1";
    if tx.query_opt(said, &[], |row| row.get::<i64>(0))?.is_some() {
        return Ok(false);
    }
    note(tx, token::VERSION)?;
    Ok(true)
}

/// Whether the index has all messages by the present rules.
///
/// # Errors
/// Only those of the store.
pub fn is_whole(tx: &mut Tx) -> Result<bool> {
    Ok(noted(tx)?.as_deref() == Some(token::VERSION))
}

/// An index that is being built anew, in steps, beside a server that goes on writing to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// What stands in the store while this one, and no other, is at it.
    note: String,
    /// The number of the last message that was looked at.
    pub done: i64,
    /// The highest number there is. It may grow meanwhile.
    pub last: i64,
    pub is_finished: bool,
}

impl Rebuild {
    /// Empties the index. Until the last step it is not whole, and nothing is searched.
    ///
    /// # Errors
    /// Only those of the store.
    pub fn begin(tx: &mut Tx, now: i64) -> Result<Self> {
        let rebuild = Self { note: format!("building {}", RoomId::new(now)), done: 0, last: 0, is_finished: false };
        tx.clear_index()?;
        note(tx, &rebuild.note)?;
        Ok(rebuild)
    }

    /// Indexes at most `count` more messages. A message that is sent or changed meanwhile is indexed
    /// by whoever writes it, before or after this looks at it.
    ///
    /// # Errors
    /// `busy` when a server without search has changed messages since, or another rebuild has begun.
    pub fn step(mut self, tx: &mut Tx, count: u32) -> Result<Self> {
        if noted(tx)?.as_deref() != Some(&self.note) {
            let why = "a server with SEARCH=off has written, or another reindex has begun; start again";
            return Err(Error::new(Code::Busy).with_message(why));
        }
        let messages = tx.query_all(NEXT, &[&self.done, &count], read)?;
        for (number, message) in &messages {
            tx.index(*number, words(message));
        }
        self.done = messages.last().map_or(self.done, |(number, _)| *number);
        self.last = tx.query_one("SELECT COALESCE(MAX(number), 0) FROM messages", &[], |row| row.get(0))?;
        self.is_finished = messages.len() < count as usize;
        if self.is_finished {
            note(tx, token::VERSION)?;
        }
        Ok(self)
    }
}

/// A room as somebody in it calls it.
#[derive(Clone, Debug)]
pub struct Called {
    pub room: Room,
    /// The other person of a direct room, unless they have left the house.
    pub peer: Option<User>,
}

/// What rooms are called. Those that `me` is not in are left out.
///
/// # Errors
/// Only those of the store.
pub fn called(tx: &mut Tx, me: UserId, ids: &[RoomId]) -> Result<Vec<Called>> {
    let mut called = Vec::with_capacity(ids.len());
    for room in room::by_ids(tx, ids)? {
        if member::find_role(tx, me, room.id)?.is_none() {
            continue;
        }
        let peer = match room.kind {
            RoomKind::Direct => Some(direct::peer(tx, me, room.id)?),
            RoomKind::Open => None,
        };
        let peer = peer.map(|peer| user::find(tx, peer)).transpose()?.flatten();
        called.push(Called { room, peer });
    }
    Ok(called)
}

/// What is written of the state of the index: the version of its rules where it is whole. Who
/// changes messages without it takes the note away.
fn noted(tx: &mut Tx) -> Result<Option<String>> {
    Ok(tx.query_opt("SELECT value FROM meta WHERE key = 'search'", &[], |row| row.get(0))?)
}

fn note(tx: &mut Tx, value: &str) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('search', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1";
    tx.execute(sql, &[&value])?;
    Ok(())
}
