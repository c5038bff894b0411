//! Removal of a message for good, with its row: what is kept for a time only.

use super::{change, target};
use crate::chat::kinds::{HookEvent, MessageKind};
use crate::chat::outgoing_hook::event::fire;
use crate::chat::{Tx, file, room};
use crate::error::Result;
use crate::ids::UserId;

/// What a message holds.
struct Held {
    kind: MessageKind,
    has_text: bool,
    is_whisper: bool,
    file_count: i64,
    is_deleted: bool,
    is_hidden: bool,
}

/// Removes a message with its row, and returns the hashes of stored bytes that are not needed any more. Members learn that it was
/// deleted, unless they know already.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn remove(tx: &mut Tx, now: i64, number: i64) -> Result<Vec<String>> {
    let Some(held) = find(tx, number)? else { return Ok(Vec::new()) };
    let mut unneeded = Vec::new();
    if held.kind != MessageKind::System && (!held.is_deleted || held.is_hidden) {
        unneeded = change::erase(tx, now, number)?.unneeded;
    }
    tx.execute("DELETE FROM messages WHERE number = ?1", &[&number])?;
    Ok(unneeded)
}

/// Removes the files of a message, and the message with its row where it has no text. Returns the hashes of stored bytes that are
/// not needed any more.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn remove_files(tx: &mut Tx, now: i64, number: i64) -> Result<Vec<String>> {
    let hashes = file::delete_of_message(tx, number)?;
    let Some(held) = find(tx, number)? else { return file::unreferenced(tx, &hashes) };
    if !held.has_text {
        remove(tx, now, number)?;
    } else if held.is_hidden {
        tx.execute("UPDATE hidden_messages SET file_count = 0 WHERE message_number = ?1", &[&number])?;
    } else if held.file_count > 0 {
        let sql = "SELECT room_id FROM messages WHERE number = ?1";
        let room_id = tx.query_one(sql, &[&number], |row| row.get(0))?;
        let position = room::next_rev(tx, now, room_id, !held.is_whisper)?;
        tx.execute("UPDATE messages SET file_count = 0, rev = ?2 WHERE number = ?1", &[&number, &position.rev])?;
        let message = target::publish(tx, number, position)?;
        fire(tx, now, HookEvent::Edit, &message, None)?;
    }
    file::unreferenced(tx, &hashes)
}

fn find(tx: &mut Tx, number: i64) -> Result<Option<Held>> {
    let sql = "SELECT m.kind, m.text, m.to_user_id, m.file_count, m.deleted_at, h.text
               FROM messages m LEFT JOIN hidden_messages h ON h.message_number = m.number WHERE m.number = ?1";
    Ok(tx.query_opt(sql, &[&number], |row| {
        let mut c = row.columns();
        let (kind, text) = (c.next()?, c.next::<String>()?);
        let (to, file_count, deleted_at) = (c.next::<Option<UserId>>()?, c.next()?, c.next::<Option<i64>>()?);
        let hidden = c.next::<Option<String>>()?;
        Ok(Held {
            kind,
            has_text: !hidden.as_ref().unwrap_or(&text).is_empty(),
            is_whisper: to.is_some(),
            file_count,
            is_deleted: deleted_at.is_some(),
            is_hidden: hidden.is_some(),
        })
    })?)
}
