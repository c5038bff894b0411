//! Loads messages with their users, files, reactions and answered messages, in a number of statements that
//! does not grow with the number of messages.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use super::{Message, Reply, SystemMessage, reaction_rows};
use crate::chat::in_list::{self, KEYS};
use crate::chat::{Tx, file, user};
use crate::clock::rfc3339;
use crate::db::{Columns, Fault, Row};
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::text;

/// Returns the columns that [`read`] takes, of the messages as `m` with [`JOINS`].
pub(super) fn columns() -> String {
    let (user, to, reply) = (user::columns("u"), user::columns("t"), reply_columns());
    format!(
        "m.number, m.id, m.room_id, m.kind, {user}, m.text, m.created_at, m.seq, m.rev, {to}, {reply}, m.mentions,
         m.preview, m.pinned_at, m.edited_at, m.deleted_at, m.key,
         CASE WHEN m.seq < m.rev OR m.reply_to IS NOT NULL THEN
           (SELECT 1 FROM rooms b WHERE b.id = m.room_id AND b.history = 'joined') END,
         m.system, m.file_count, m.reaction_count"
    )
}

pub(super) const JOINS: &str = "LEFT JOIN users u ON u.id = m.user_id LEFT JOIN users t ON t.id = m.to_user_id
     LEFT JOIN messages q ON q.number = m.reply_to LEFT JOIN users qu ON qu.id = q.user_id";

/// Returns the columns that [`read_reply`] takes, of the answered messages as `q` and their senders as `qu`.
pub(super) fn reply_columns() -> String {
    let user = user::columns("qu");
    format!("q.seq, {user}, substr(q.text, 1, 400)")
}

/// Reads an answered message; `None` where an outer join found none.
pub(super) fn read_reply(c: &mut Columns<'_>) -> Result<Option<Reply>, Fault> {
    let (seq, user, text) = (c.next()?, user::read(c)?, c.next::<Option<String>>()?);
    match (seq, text) {
        (Some(seq), Some(text)) => Ok(Some(Reply { seq, user, excerpt: text::excerpt(&text) })),
        _ => Ok(None),
    }
}

/// A message whose files, reactions and system content are still to be loaded.
pub(super) struct Loaded {
    number: i64,
    message: Message,
    system: Option<SystemMessage>,
    has_files: bool,
    has_reactions: bool,
}

pub(super) fn read(row: &Row<'_>) -> Result<Loaded, Fault> {
    let mut c = row.columns();
    let number = c.next()?;
    let message = Message::new(c.next()?, c.next()?, c.next()?, user::read(&mut c)?, c.next()?, c.next()?);
    Ok(Loaded {
        number,
        message: Message {
            seq: c.next()?,
            rev: c.next()?,
            to: user::read(&mut c)?,
            reply_to: read_reply(&mut c)?,
            mentions: from_json(c.next()?)?.unwrap_or_default(),
            preview: from_json(c.next()?)?,
            pinned_at: c.next::<Option<i64>>()?.map(rfc3339),
            edited_at: c.next::<Option<i64>>()?.map(rfc3339),
            deleted_at: c.next::<Option<i64>>()?.map(rfc3339),
            key: c.next()?,
            is_partial: c.next::<Option<i64>>()?.is_some(),
            ..message
        },
        system: from_json(c.next()?)?,
        has_files: c.next::<i64>()? > 0,
        has_reactions: c.next::<i64>()? > 0,
    })
}

fn from_json<T: DeserializeOwned>(column: Option<String>) -> Result<Option<T>, Fault> {
    let parsed = column.map(|json| serde_json::from_str(&json)).transpose();
    parsed.map_err(|error| Fault::Wrong(error.to_string()))
}

/// Loads files, reactions and the content of system messages, and keeps the order.
pub(super) fn complete(tx: &mut Tx, loaded: Vec<Loaded>) -> Result<Vec<Message>> {
    let with_files: Vec<i64> = loaded.iter().filter(|one| one.has_files).map(|one| one.number).collect();
    let mut files = file::of_messages(tx, &with_files)?;
    let with_reactions: Vec<i64> = loaded.iter().filter(|one| one.has_reactions).map(|one| one.number).collect();
    let mut reactions = reaction_rows::of_messages(tx, &with_reactions)?;
    let systems = loaded.iter().filter_map(|one| one.system.as_ref());
    let mut user_ids: Vec<UserId> = systems.flat_map(|system| [system.user, system.by]).flatten().collect();
    user_ids.sort_unstable();
    user_ids.dedup();
    let users = user::find_all(tx, &user_ids)?;
    let completed = loaded.into_iter().map(|one| {
        let mut message = one.message;
        message.system = one.system.and_then(|system| system.content(&users));
        message.reactions =
            reactions.extract_if(.., |(number, _)| *number == one.number).map(|(_, reaction)| reaction).collect();
        message.files = files.extract_if(.., |(number, _)| *number == one.number).map(|(_, file)| file).collect();
        message
    });
    Ok(completed.collect())
}

/// Returns the message of a number.
pub(in crate::chat) fn by_number(tx: &mut Tx, number: i64) -> Result<Message> {
    static BY_NUMBER: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} FROM messages m {JOINS} WHERE m.number = ?1", columns()));
    let loaded = tx.query_all(&BY_NUMBER, &[&number], read)?;
    complete(tx, loaded)?.pop().ok_or(Code::NotFound.into())
}

/// Returns the messages of the numbers that exist, in no order.
pub(in crate::chat) fn by_numbers(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<Message>> {
    static BY_NUMBERS: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} FROM messages m {JOINS} WHERE m.number IN {KEYS}", columns()));
    let loaded = in_list::in_chunks(&[], numbers, |params| tx.query_all(&BY_NUMBERS, params, read))?;
    complete(tx, loaded)
}
