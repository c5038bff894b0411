//! The entry of a message in the search index, written in the transaction of every send, edit and deletion.
//!
//! Besides the words of its text the entry has marks that narrow a search: the room, or for a whisper its two users,
//! the sender, and whether there are files. So the index itself answers "in my rooms", and a rare word costs the same
//! however much others write. A mark begins with a character for private use, which is never part of a word.

use crate::chat::Tx;
use crate::chat::kinds::MessageKind;
use crate::chat::message::Message;
use crate::db::Term;
use crate::error::Result;
use crate::ids::{RoomId, UserId};
use crate::text::{self, token};

/// A mark of a message in the index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// A public message of the room.
    Room(RoomId),
    /// A whisper from or to the user, in any room.
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

    pub(super) fn term(self) -> Term {
        Term::whole(self.word())
    }
}

/// Replaces the entry of a changed message.
pub(in crate::chat) fn index(tx: &mut Tx, number: i64, message: &Message) {
    let words = words_of(tx, message, !message.files.is_empty());
    tx.index(number, words);
}

/// Returns the entry of a message, for [`Tx::index_new`]; `None` where it has none.
pub(in crate::chat) fn words_of(tx: &Tx, message: &Message, has_files: bool) -> Option<String> {
    tx.has_index().then(|| words(&Indexed::new(message, has_files))).flatten()
}

/// Deletes the entry of a deleted message.
pub(in crate::chat) fn forget(tx: &mut Tx, number: i64) {
    tx.index(number, None);
}

/// A message as the index sees it.
pub(super) struct Indexed {
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

/// Returns messages with their numbers, from behind a number on.
pub(super) fn read_after(tx: &mut Tx, number: i64, count: u32) -> Result<Vec<(i64, Indexed)>> {
    Ok(tx.query_all(NEXT, &[&number, &count], |row| {
        let mut c = row.columns();
        let number = c.next()?;
        let message = Indexed {
            kind: c.next()?,
            room_id: c.next()?,
            author: c.next()?,
            to: c.next()?,
            text: c.next()?,
            has_files: c.next::<i64>()? > 0,
            is_deleted: c.next::<Option<i64>>()?.is_some(),
        };
        Ok((number, message))
    })?)
}

/// Returns the words and marks of a message, separated by spaces; `None` for a message that is never found.
pub(super) fn words(message: &Indexed) -> Option<String> {
    if message.kind == MessageKind::System || message.is_deleted {
        return None;
    }
    let folded = text::fold_words(&message.text);
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
