//! System lines: joins, exits, kicks and settings as messages of the room's history.

use serde::{Deserialize, Serialize};

use super::{Message, System, SystemEvent, load};
use crate::chat::user::User;
use crate::chat::{Fact, Tx, room};
use crate::error::{Error, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// A system line to be stored. Connections are kept by their ids and read with the names they have when
/// the line is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::chat) struct Line {
    pub(in crate::chat) event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) by: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::chat) others: Option<u32>,
}

impl Line {
    pub(in crate::chat) fn new(event: SystemEvent) -> Self {
        let event = event.word().to_owned();
        Self { event, user: None, by: None, reason: None, title: None, max: None, others: None }
    }

    /// The line as readers see it; `None` when a newer program has stored an event unknown here.
    pub(super) fn system(self, known: &[User]) -> Option<System> {
        let find = |id: Option<UserId>| known.iter().find(|user| Some(user.id) == id).cloned();
        Some(System {
            event: SystemEvent::from_word(&self.event)?,
            user: find(self.user),
            by: find(self.by),
            reason: self.reason,
            title: self.title,
            max: self.max,
            others: self.others,
        })
    }
}

/// Stores a line at the room's next rev. The caller tells it, where it belongs among other facts.
pub(in crate::chat) fn store(tx: &mut Tx, now: i64, room_id: RoomId, actor: UserId, line: Line) -> Result<Message> {
    let seq = room::next_rev(tx, now, room_id, true)?;
    let system = serde_json::to_string(&line).map_err(Error::internal)?;
    let number = tx.insert_numbered(
        "INSERT INTO messages (id, room_id, seq, rev, kind, user_id, text, system, file_count, created_at)
         VALUES (?1, ?2, ?3, ?3, 'system', ?4, '', ?5, 0, ?6)",
        &[&MessageId::new(now), &room_id, &seq, &actor, &system, &now],
    )?;
    load::get(tx, number)
}

/// Stores a line and tells it.
pub(in crate::chat) fn tell(tx: &mut Tx, now: i64, room_id: RoomId, actor: UserId, line: Line) -> Result<i64> {
    let message = store(tx, now, room_id, actor, line)?;
    let rev = message.rev;
    tx.publish(Fact::Message(Box::new(message)));
    Ok(rev)
}

/// Stores one line for a crowd that came or went: the first person and how many others. The live
/// layer counts them and calls this once a second.
///
/// # Errors
/// `room_not_found` when the room has gone meanwhile; `invalid` for an event that is neither join
/// nor exit.
pub fn summary_line(
    tx: &mut Tx,
    now: i64,
    room_id: RoomId,
    event: SystemEvent,
    first: UserId,
    others: u32,
) -> Result<i64> {
    if !matches!(event, SystemEvent::Join | SystemEvent::Exit) {
        return Err(Error::invalid("event", "a crowd joins or exits"));
    }
    let others = Some(others).filter(|&others| others > 0);
    tell(tx, now, room_id, first, Line { others, ..Line::new(event) })
}
