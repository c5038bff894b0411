//! Bots as members: only in rooms in which their owner is, and without power over people.

use super::remove;
use crate::chat::bot_right::require;
use crate::chat::kinds::{BotRight, UserKind};
use crate::chat::{Fact, Leaving, Tx, user};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// Checks that a user is no bot: a bot has no power over people.
///
/// # Errors
/// `invalid` with the field `userId`.
pub(in crate::chat) fn refuse_power(tx: &mut Tx, id: UserId) -> Result<()> {
    match user::get(tx, id)?.kind {
        UserKind::Bot => Err(Error::invalid("userId", "a bot has no power over people")),
        _ => Ok(()),
    }
}

/// Checks that a bot may become a member of a room: with the right, and where its owner is one.
///
/// # Errors
/// `forbidden`.
pub(super) fn check_join(tx: &mut Tx, id: UserId, room_id: RoomId) -> Result<()> {
    require(tx, id, Some(BotRight::Join))?;
    let sql = "SELECT 1 FROM bots b JOIN members m ON m.user_id = b.owner_id WHERE b.user_id = ?1 AND m.room_id = ?2";
    match tx.query_opt(sql, &[&id, &room_id], |row| row.get::<i64>(0))? {
        Some(_) => Ok(()),
        None => Err(Error::new(Code::Forbidden).with_message("the owner of this bot is not in the room")),
    }
}

/// Takes the bots of a user out of a room that the user has left. `rev` is the room's.
pub(super) fn follow_out(tx: &mut Tx, room_id: RoomId, owner: UserId, rev: i64) -> Result<()> {
    let sql = "SELECT b.user_id FROM bots b JOIN members m ON m.user_id = b.user_id AND m.room_id = ?2
               WHERE b.owner_id = ?1";
    for user_id in tx.query_all(sql, &[&owner, &room_id], |row| row.get::<UserId>(0))? {
        remove(tx, room_id, user_id)?;
        tx.publish(Fact::Left { room_id, user_id, rev: rev + 1, why: Leaving::Exit });
    }
    Ok(())
}
