//! Slow mode: the least time between two messages of a member.

use std::time::Duration;

use crate::chat::Tx;
use crate::chat::kinds::Role;
use crate::chat::member::Membership;
use crate::error::{Error, Result};
use crate::ids::{RoomId, UserId};

/// Checks that a member may send now, and stores the time. The owner and the moderators are exempt.
///
/// # Errors
/// `rate_limited`, with the time to wait.
pub(super) fn check(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, membership: &Membership) -> Result<()> {
    if membership.slow_seconds == 0 || membership.role != Role::Member {
        return Ok(());
    }
    let pause = i64::from(membership.slow_seconds) * 1_000;
    if let Some(said_at) = membership.said_at {
        // Bounded by one pause, in case the clock was set back.
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
