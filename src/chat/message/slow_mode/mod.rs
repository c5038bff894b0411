//! Slow mode: how soon a member may say something again.

use std::time::Duration;

use crate::chat::Tx;
use crate::chat::member::{Membership, Role};
use crate::error::{Error, Result};
use crate::ids::{RoomId, UserId};

/// Notes that a member says something now. The owner and the moderators are free.
///
/// # Errors
/// `rate_limited`, with how long to wait, before their last message is as old as slow mode asks.
pub(super) fn keep(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, membership: &Membership) -> Result<()> {
    if membership.slow_seconds == 0 || membership.role != Role::Member {
        return Ok(());
    }
    let pause = i64::from(membership.slow_seconds) * 1_000;
    if let Some(said_at) = membership.said_at {
        // A clock that was set back keeps nobody waiting longer than one pause.
        let wait = (said_at + pause - now).min(pause);
        if wait > 0 {
            return Err(Error::rate_limited(Duration::from_millis(wait.unsigned_abs())));
        }
    }
    let sql = "UPDATE members SET said_at = ?3 WHERE room_id = ?1 AND user_id = ?2";
    tx.execute(sql, &[&room_id, &me, &now])?;
    Ok(())
}

#[cfg(test)]
mod tests;
