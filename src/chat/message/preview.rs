//! Previews: what the page behind a message's first link says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Message, MessageKind, load};
use crate::chat::{Fact, Tx, room};
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
pub fn link_of(message: &Message) -> Option<&str> {
    let wants = message.kind == MessageKind::Text && message.deleted_at.is_none() && message.preview.is_none();
    if wants { link::first(&message.text) } else { None }
}

/// Gives a message the preview of its link and tells it anew. Nothing happens when the link is not
/// its first any more, the message is gone, or it has this preview already.
///
/// # Errors
/// Only those of the store.
pub fn set_preview(tx: &mut Tx, now: i64, id: MessageId, preview: &Preview) -> Result<()> {
    let sql = "SELECT m.number, m.room_id FROM messages m JOIN rooms r ON r.id = m.room_id WHERE m.id = ?1";
    let found = tx.query_opt(sql, &[&id], |row| Ok((row.get::<i64>(0)?, row.get::<RoomId>(1)?)))?;
    let Some((number, room_id)) = found else { return Ok(()) };
    if link_of(&load::get(tx, number)?) != Some(preview.url.as_str()) {
        return Ok(());
    }
    let rev = room::next_rev(tx, now, room_id, true)?;
    let column = serde_json::to_string(preview).map_err(|error| Fault::Wrong(error.to_string()))?;
    tx.execute("UPDATE messages SET preview = ?2, rev = ?3 WHERE number = ?1", &[&number, &column, &rev])?;
    let message = load::get(tx, number)?;
    tx.tell(Fact::Message(Box::new(message)));
    Ok(())
}

pub(super) fn from_column(kept: Option<String>) -> Result<Option<Preview>, Fault> {
    kept.map(|kept| serde_json::from_str(&kept)).transpose().map_err(|error| Fault::Wrong(error.to_string()))
}
