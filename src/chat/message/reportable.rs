//! Messages that somebody reports.

use super::{Message, target};
use crate::chat::kinds::{MessageKind, RoomKind};
use crate::chat::{Tx, message::hide};
use crate::error::{Code, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// A message of a user, for a report.
#[derive(Clone, Debug)]
pub(in crate::chat) struct Reportable {
    pub(in crate::chat) number: i64,
    pub(in crate::chat) room_id: RoomId,
    pub(in crate::chat) seq: i64,
    pub(in crate::chat) user_id: UserId,
    pub(in crate::chat) is_whisper: bool,
    /// Whether only its users may see it: a whisper, or a message of a direct room.
    pub(in crate::chat) is_private: bool,
    /// The seq of the first message of the room that the reporter may see.
    pub(in crate::chat) first_seq: i64,
}

/// Returns a message that a user may see and report.
///
/// # Errors
/// `forbidden` for any other, and for one that is deleted.
pub(in crate::chat) fn reportable(tx: &mut Tx, me: UserId, id: MessageId) -> Result<Reportable> {
    let found = target::find(tx, me, id)?;
    let is_there = found.deleted_at.is_none() || hide::is_hidden(tx, found.number)?;
    let user_id = found.user_id.filter(|_| found.kind != MessageKind::System && is_there).ok_or(Code::Forbidden)?;
    let is_whisper = found.is_whisper();
    Ok(Reportable {
        number: found.number,
        room_id: found.room_id,
        seq: found.seq,
        user_id,
        is_whisper,
        is_private: is_whisper || found.room_kind == RoomKind::Direct,
        first_seq: found.first_seq,
    })
}

/// Returns a message as the user who may report it sees it: nothing of one that is hidden.
///
/// # Errors
/// `forbidden` for one that the user may not see, and for one that is deleted or hidden.
pub fn to_report(tx: &mut Tx, me: UserId, id: MessageId) -> Result<Message> {
    let found = target::find(tx, me, id)?;
    if !found.is_changeable() {
        return Err(Code::Forbidden.into());
    }
    found.load(tx)
}

/// Returns a message that the word filter has found.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn reported_by_filter(tx: &mut Tx, id: MessageId) -> Result<Option<Reportable>> {
    let sql = "SELECT user_id FROM messages WHERE id = ?1";
    match tx.query_opt(sql, &[&id], |row| row.get::<Option<UserId>>(0))?.flatten() {
        Some(user_id) => reportable(tx, user_id, id).map(Some),
        None => Ok(None),
    }
}
