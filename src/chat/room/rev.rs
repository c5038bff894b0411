//! The revs and epochs of rooms.

use crate::chat::Tx;
use crate::error::{Code, Result};
use crate::ids::RoomId;

/// How far `active_at` may be behind the last change, in milliseconds.
const ACTIVE_STEP: i64 = 1_000;

/// Takes the room's next rev for a change of this transaction. The row stays locked until the commit, so the
/// revs of a room are committed in their order.
pub(in crate::chat) fn next_rev(tx: &mut Tx, now: i64, id: RoomId, is_public: bool) -> Result<i64> {
    let taken = "UPDATE rooms SET rev = rev + 1, public_rev = CASE WHEN ?2 = 1 THEN rev + 1 ELSE public_rev END
                 WHERE id = ?1";
    tx.execute(taken, &[&id, &is_public])?;
    // The row is locked until the commit, so this is the rev just taken. RETURNING would make SQLite create a
    // table each time.
    let found = tx.query_opt("SELECT rev, active_at FROM rooms WHERE id = ?1", &[&id], |row| {
        Ok((row.get(0)?, row.get::<i64>(1)?))
    })?;
    let (rev, active_at) = found.ok_or(Code::RoomNotFound)?;
    // An index of `active_at` orders the lists of rooms, so not every message of a busy room moves it. A clock
    // that was set back moves it too.
    if (now - active_at).abs() >= ACTIVE_STEP {
        tx.execute("UPDATE rooms SET active_at = ?2 WHERE id = ?1", &[&id, &now])?;
    }
    Ok(rev)
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

pub(in crate::chat) fn new_epoch() -> String {
    let mut bytes = [0; 4];
    // The system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    format!("{:08x}", u32::from_be_bytes(bytes))
}
