//! System messages: joins, exits, kicks and settings as messages of the room's history.

use super::kinds::{HookEvent, SystemEvent};
use super::message::{self, SystemMessage};
use super::outgoing_hook::event::fire;
use super::room::rev;
use super::{Fact, Tx};
use crate::error::{Error, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// Stores a system message at the room's next rev. The caller publishes the fact, in its order among others.
pub(super) fn store(
    tx: &mut Tx,
    now: i64,
    room_id: RoomId,
    actor: UserId,
    content: SystemMessage,
) -> Result<(i64, Fact)> {
    let position = rev::next_rev(tx, now, room_id, true)?;
    let system = serde_json::to_string(&content).map_err(Error::internal)?;
    let number = tx.insert_numbered(
        "INSERT INTO messages (id, room_id, seq, rev, kind, user_id, text, system, file_count, created_at)
         VALUES (?1, ?2, ?3, ?3, 'system', ?4, '', ?5, 0, ?6)",
        &[&MessageId::new(now), &room_id, &position.rev, &actor, &system, &now],
    )?;
    let message = message::by_number(tx, number)?;
    let event = match SystemEvent::from_name(&content.event) {
        Some(SystemEvent::Join) => Some(HookEvent::Join),
        Some(SystemEvent::Exit | SystemEvent::Kick | SystemEvent::Ban) => Some(HookEvent::Exit),
        Some(_) => Some(HookEvent::Room),
        None => None,
    };
    if let Some(event) = event {
        fire(tx, now, event, &message, Some(actor))?;
    }
    Ok((position.rev, Fact::message(message, position)))
}

/// Stores a system message, publishes it and returns its rev.
pub(super) fn post(tx: &mut Tx, now: i64, room_id: RoomId, actor: UserId, content: SystemMessage) -> Result<i64> {
    let (rev, fact) = store(tx, now, room_id, actor, content)?;
    tx.publish(fact);
    Ok(rev)
}

/// Posts one system message for all users who joined or left a large room in the last second: the first one
/// and the number of the others.
///
/// # Errors
/// `room_not_found` when the room has been removed meanwhile; `invalid` for an event other than join and
/// exit.
pub fn post_summary(
    tx: &mut Tx,
    now: i64,
    room_id: RoomId,
    event: SystemEvent,
    first: UserId,
    others: u32,
) -> Result<i64> {
    if !matches!(event, SystemEvent::Join | SystemEvent::Exit) {
        return Err(Error::invalid("event", "only joins and exits are summarised"));
    }
    let others = if others > 0 { Some(others) } else { None };
    post(tx, now, room_id, first, SystemMessage { others, ..SystemMessage::new(event) })
}
