//! Previews: what the page behind a message's first link says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Message, MessageKind, load};
use crate::chat::outbox::{self, JobKind};
use crate::chat::{Fact, Limits, Tx, room};
use crate::db::Fault;
use crate::error::Result;
use crate::ids::{MessageId, RoomId};
use crate::text::{self, link};

const TITLE_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 300;
const SITE_MAX: usize = 80;

/// The page's own words, so what they say need not be so. There is no picture: to show one would
/// tell its server who reads the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The link as it stands in the text.
    pub url: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the page calls its site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

impl Preview {
    /// A preview of what a page says, cleaned and cut; `None` if its title shows nothing.
    pub fn new(url: String, title: &str, description: Option<&str>, site: Option<&str>) -> Option<Self> {
        Some(Self {
            url,
            title: text::clipped(title, TITLE_MAX)?,
            description: description.and_then(|said| text::clipped(said, DESCRIPTION_MAX)),
            site: site.and_then(|said| text::clipped(said, SITE_MAX)),
        })
    }
}

/// The link of a message that has a preview to get: the first in what was said to a whole room. A
/// whisper's link is nobody else's business, and a page fetched is a page told.
fn link_of(message: &Message) -> Option<&str> {
    let wants = message.kind == MessageKind::Text && message.deleted_at.is_none() && message.preview.is_none();
    if wants { link::first(&message.text) } else { None }
}

/// Queues a look at the page of a message's link, where it has one and nobody is to look already.
/// Whose links wait in such numbers gets no more for now.
pub(super) fn seek(tx: &mut Tx, limits: &Limits, now: i64, message: &Message) -> Result<()> {
    let (Some(url), Some(user)) = (link_of(message), &message.user) else { return Ok(()) };
    if limits.waiting_previews_max == 0
        || outbox::is_waiting(tx, JobKind::Preview, message.id)?
        || outbox::waiting_of(tx, JobKind::Preview, user.id)? >= limits.waiting_previews_max
    {
        return Ok(());
    }
    outbox::enqueue(tx, now, JobKind::Preview, message.id, Some(user.id), url)
}

/// Takes back what [`seek`] has queued: the link is not the message's any more.
pub(super) fn seek_no_more(tx: &mut Tx, id: MessageId) -> Result<()> {
    outbox::drop_target(tx, JobKind::Preview, id)
}

/// The room of a message that still waits for the preview of this link.
///
/// # Errors
/// Only those of the store.
pub fn awaits_preview(tx: &mut Tx, id: MessageId, url: &str) -> Result<Option<RoomId>> {
    Ok(awaiting(tx, id, url)?.map(|(_, room_id)| room_id))
}

/// Gives a message the preview of its link and tells it anew. Nothing happens when the link is not
/// its first any more, the message is gone, or it has a preview already: so it may be done twice.
///
/// # Errors
/// Only those of the store.
pub fn set_preview(tx: &mut Tx, now: i64, id: MessageId, preview: &Preview) -> Result<()> {
    let Some((number, room_id)) = awaiting(tx, id, &preview.url)? else { return Ok(()) };
    let rev = room::next_rev(tx, now, room_id, true)?;
    let column = serde_json::to_string(preview).map_err(|error| Fault::Wrong(error.to_string()))?;
    tx.execute("UPDATE messages SET preview = ?2, rev = ?3 WHERE number = ?1", &[&number, &column, &rev])?;
    let message = load::get(tx, number)?;
    tx.publish(Fact::Message(Box::new(message)));
    Ok(())
}

fn awaiting(tx: &mut Tx, id: MessageId, url: &str) -> Result<Option<(i64, RoomId)>> {
    let sql = "SELECT m.number, m.room_id FROM messages m JOIN rooms r ON r.id = m.room_id WHERE m.id = ?1";
    let found = tx.query_opt(sql, &[&id], |row| Ok((row.get::<i64>(0)?, row.get::<RoomId>(1)?)))?;
    let Some((number, room_id)) = found else { return Ok(None) };
    Ok((link_of(&load::get(tx, number)?) == Some(url)).then_some((number, room_id)))
}

pub(super) fn from_column(kept: Option<String>) -> Result<Option<Preview>, Fault> {
    kept.map(|kept| serde_json::from_str(&kept)).transpose().map_err(|error| Fault::Wrong(error.to_string()))
}

#[cfg(test)]
mod tests;
