//! Previews of the page behind a message's first link.

use super::{Message, Preview, load, target};
use crate::chat::kinds::{JobKind, MessageKind};
use crate::chat::{Limits, Tx, outbox, room};
use crate::db::Fault;
use crate::error::Result;
use crate::ids::{MessageId, RoomId};
use crate::text::markup::first_link;

/// Returns the link of a message that needs a preview: the first one of a public message. The link of a whisper is
/// private, and fetching its page would disclose it.
fn link_of(message: &Message) -> Option<&str> {
    let needs_preview = message.kind == MessageKind::Text && message.deleted_at.is_none() && message.preview.is_none();
    if needs_preview { first_link(&message.text) } else { None }
}

/// Queues a job that fetches the page of a message's link, unless there is one already or the sender has too many
/// waiting.
pub(super) fn enqueue(tx: &mut Tx, limits: &Limits, now: i64, message: &Message) -> Result<()> {
    let (Some(url), Some(user)) = (link_of(message), &message.user) else { return Ok(()) };
    if limits.waiting_previews_max == 0
        || outbox::is_waiting(tx, JobKind::Preview, message.id)?
        || outbox::waiting_of(tx, JobKind::Preview, user.id)? >= limits.waiting_previews_max
    {
        return Ok(());
    }
    outbox::enqueue(tx, now, JobKind::Preview, message.id, Some(user.id), url)
}

/// Removes the job that [`enqueue`] has queued.
pub(super) fn cancel(tx: &mut Tx, id: MessageId) -> Result<()> {
    outbox::drop_target(tx, JobKind::Preview, id)
}

/// Returns the room of a message that still needs the preview of this link.
///
/// # Errors
/// Only those of the store.
pub fn awaits_preview(tx: &mut Tx, id: MessageId, url: &str) -> Result<Option<RoomId>> {
    Ok(awaiting(tx, id, url)?.map(|(_, room_id)| room_id))
}

/// Sets the preview of a message's link and publishes the message. Nothing happens when the link is not its first
/// any more, the message is deleted, or it has a preview already, so a retry is harmless.
///
/// # Errors
/// Only those of the store.
pub fn set_preview(tx: &mut Tx, now: i64, id: MessageId, preview: &Preview) -> Result<()> {
    let Some((number, room_id)) = awaiting(tx, id, &preview.url)? else { return Ok(()) };
    let position = room::next_rev(tx, now, room_id, true)?;
    let column = serde_json::to_string(preview).map_err(|error| Fault::Wrong(error.to_string()))?;
    tx.execute("UPDATE messages SET preview = ?2, rev = ?3 WHERE number = ?1", &[&number, &column, &position.rev])?;
    target::publish(tx, number, position)?;
    Ok(())
}

fn awaiting(tx: &mut Tx, id: MessageId, url: &str) -> Result<Option<(i64, RoomId)>> {
    let sql = "SELECT m.number, m.room_id FROM messages m JOIN rooms r ON r.id = m.room_id WHERE m.id = ?1";
    let found = tx.query_opt(sql, &[&id], |row| Ok((row.get::<i64>(0)?, row.get::<RoomId>(1)?)))?;
    let Some((number, room_id)) = found else { return Ok(None) };
    Ok((link_of(&load::by_number(tx, number)?) == Some(url)).then_some((number, room_id)))
}

#[cfg(test)]
mod tests;
