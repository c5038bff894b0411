//! Loads messages with their users, files, reactions and answered messages, in a number of statements that
//! does not grow with the number of messages.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use super::reaction::rows;
use super::{Message, Reply, SystemMessage};
use crate::chat::in_list::{self, KEYS};
use crate::chat::user::{self, User};
use crate::chat::{Tx, file};
use crate::clock::rfc3339;
use crate::db::{Columns, Fault, Row};
use crate::error::{Code, Result};
use crate::ids::{MessageId, UserId};
use crate::text;

/// Returns the columns that [`read`] takes, of the messages as `m` with [`JOIN`].
pub(super) fn columns() -> String {
    format!(
        "m.number, m.id, m.room_id, m.kind, m.text, m.created_at, m.seq, m.rev, m.user_id, m.to_user_id, m.reply_to,
         {REPLY_COLUMNS},
         m.mentions, m.preview, m.pinned_at, m.edited_at, m.deleted_at, m.key,
         CASE WHEN m.seq < m.rev OR m.reply_to IS NOT NULL THEN
           (SELECT 1 FROM rooms b WHERE b.id = m.room_id AND b.history = 'joined') END,
         m.system, m.file_count, m.reaction_count, m.is_silent"
    )
}

pub(super) const JOIN: &str = "LEFT JOIN messages q ON q.number = m.reply_to";

/// The columns that [`read_reply`] takes, of the answered messages as `q`.
pub(super) const REPLY_COLUMNS: &str = "q.seq, substr(q.text, 1, 400), q.user_id";

/// Reads an answered message and the id of its sender; `None` where an outer join found none.
pub(super) fn read_reply(c: &mut Columns<'_>) -> Result<Option<(Reply, Option<UserId>)>, Fault> {
    let (seq, text, user_id) = (c.next()?, c.next::<Option<String>>()?, c.next()?);
    match (seq, text) {
        (Some(seq), Some(text)) => Ok(Some((Reply { seq, user: None, excerpt: text::excerpt(&text) }, user_id))),
        _ => Ok(None),
    }
}

/// A message whose users, files, reactions and system content are still to be loaded.
pub(super) struct Loaded {
    number: i64,
    message: Message,
    user_id: Option<UserId>,
    to_id: Option<UserId>,
    replied_id: Option<UserId>,
    system: Option<SystemMessage>,
    has_files: bool,
    has_reactions: bool,
}

impl Loaded {
    /// Returns the ids of the users that the message names; one may come twice.
    fn user_ids(&self) -> impl Iterator<Item = UserId> {
        let by_system = self.system.as_ref().map_or([None, None], |system| [system.user, system.by]);
        [self.user_id, self.to_id, self.replied_id].into_iter().chain(by_system).flatten()
    }
}

pub(super) fn read(row: &Row<'_>) -> Result<Loaded, Fault> {
    let mut c = row.columns();
    let number = c.next()?;
    let message = Message::new(c.next()?, c.next()?, c.next()?, None, c.next()?, c.next()?);
    let (seq, rev, user_id, to_id) = (c.next()?, c.next()?, c.next()?, c.next()?);
    let is_answer = c.next::<Option<i64>>()?.is_some();
    let (reply_to, replied_id) = read_reply(&mut c)?.unzip();
    let mut loaded = Loaded {
        number,
        user_id,
        to_id,
        replied_id: replied_id.flatten(),
        message: Message {
            seq,
            rev,
            reply_to: reply_to.or_else(|| is_answer.then(Reply::default)),
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
    };
    loaded.message.silent = c.next()?;
    Ok(loaded)
}

fn from_json<T: DeserializeOwned>(column: Option<String>) -> Result<Option<T>, Fault> {
    let parsed = column.map(|json| serde_json::from_str(&json)).transpose();
    parsed.map_err(|error| Fault::Wrong(error.to_string()))
}

/// Loads users, files, reactions and the content of system messages, and keeps the order.
pub(super) fn complete(tx: &mut Tx, loaded: Vec<Loaded>) -> Result<Vec<Message>> {
    let mut user_ids: Vec<UserId> = loaded.iter().flat_map(Loaded::user_ids).collect();
    user_ids.sort_unstable();
    user_ids.dedup();
    let users: HashMap<UserId, User> = user::find_all(tx, &user_ids)?.into_iter().map(|user| (user.id, user)).collect();
    let user = |id: Option<UserId>| id.and_then(|id| users.get(&id).cloned());
    let with_files: Vec<i64> = loaded.iter().filter(|one| one.has_files).map(|one| one.number).collect();
    let mut files = file::of_messages(tx, &with_files)?;
    let with_reactions: Vec<i64> = loaded.iter().filter(|one| one.has_reactions).map(|one| one.number).collect();
    let mut reactions = rows::of_messages(tx, &with_reactions)?;
    let completed = loaded.into_iter().map(|one| {
        let mut message = one.message;
        message.user = user(one.user_id);
        message.to = user(one.to_id);
        if let Some(reply) = &mut message.reply_to {
            reply.user = user(one.replied_id);
        }
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
        LazyLock::new(|| format!("SELECT {} FROM messages m {JOIN} WHERE m.number = ?1", columns()));
    let loaded = tx.query_all(&BY_NUMBER, &[&number], read)?;
    complete(tx, loaded)?.pop().ok_or(Code::NotFound.into())
}

/// Returns a message of an id.
pub(in crate::chat) fn find(tx: &mut Tx, id: MessageId) -> Result<Option<Message>> {
    let number = tx.query_opt("SELECT number FROM messages WHERE id = ?1", &[&id], |row| row.get(0))?;
    number.map(|number| by_number(tx, number)).transpose()
}

/// Returns the messages of the numbers that exist, in no order.
pub(in crate::chat) fn by_numbers(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<Message>> {
    static BY_NUMBERS: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} FROM messages m {JOIN} WHERE m.number IN {KEYS}", columns()));
    let loaded = in_list::in_chunks(&[], numbers, |params| tx.query_all(&BY_NUMBERS, params, read))?;
    complete(tx, loaded)
}
