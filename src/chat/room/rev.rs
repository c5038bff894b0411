//! The revs and epochs of rooms.

use serde::{Deserialize, Serialize};

use crate::chat::Tx;
use crate::error::{Code, Result};
use crate::ids::RoomId;

/// How far `active_at` may be behind the last change, in milliseconds.
const ACTIVE_STEP: i64 = 1_000;

/// The place of a change in its room's order. A process that has the change at `previous_rev` of the same epoch
/// has missed nothing before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub room_id: RoomId,
    pub epoch: String,
    pub previous_rev: i64,
    pub rev: i64,
}

/// Takes the room's next rev for a change of this transaction. The row stays locked until the commit, so the
/// revs of a room are committed in their order.
pub(in crate::chat) fn next_rev(tx: &mut Tx, now: i64, room_id: RoomId, is_public: bool) -> Result<Position> {
    let taken = "UPDATE rooms SET rev = rev + 1, public_rev = CASE WHEN ?2 = 1 THEN rev + 1 ELSE public_rev END
                 WHERE id = ?1 RETURNING rev, active_at, epoch";
    let found =
        tx.query_opt(taken, &[&room_id, &is_public], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get(2)?)))?;
    let (rev, active_at, epoch) = found.ok_or(Code::RoomNotFound)?;
    // An index of `active_at` orders the lists of rooms, so not every message of a busy room moves it. A clock
    // that was set back moves it too.
    if (now - active_at).abs() >= ACTIVE_STEP {
        tx.execute("UPDATE rooms SET active_at = ?2 WHERE id = ?1", &[&room_id, &now])?;
    }
    Ok(Position { room_id, epoch, previous_rev: rev - 1, rev })
}

/// Gives every room a new epoch, so that clients discard what they hold. Only for a store that went back in
/// time, after a restore.
///
/// # Errors
/// Only those of the store.
pub fn renew_epochs(tx: &mut Tx) -> Result<()> {
    // Runs once, before the server takes connections, so it needs no bound.
    for id in tx.query_all("SELECT id FROM rooms", &[], |row| row.get::<RoomId>(0))? {
        tx.execute("UPDATE rooms SET epoch = ?2 WHERE id = ?1", &[&id, &new_epoch()])?;
    }
    Ok(())
}

/// Notes where the store lives, and returns whether it lived elsewhere before: a database server was restored from a
/// dump or taken over by its standby, which may have gone back in time. Then every room gets a new epoch.
///
/// # Errors
/// Only those of the store.
pub fn renew_epochs_if_moved(tx: &mut Tx) -> Result<bool> {
    let Some(place) = tx.place()? else { return Ok(false) };
    let sql = "SELECT value FROM meta WHERE key = 'place'";
    let before: Option<String> = tx.query_opt(sql, &[], |row| row.get(0))?;
    if before.as_ref() == Some(&place) {
        return Ok(false);
    }
    let sql = "INSERT INTO meta (key, value) VALUES ('place', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1";
    tx.execute(sql, &[&place])?;
    if before.is_some() {
        renew_epochs(tx)?;
    }
    Ok(before.is_some())
}

pub(in crate::chat) fn new_epoch() -> String {
    let mut bytes = [0; 4];
    // The system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    format!("{:08x}", u32::from_be_bytes(bytes))
}
