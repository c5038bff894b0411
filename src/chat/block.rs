//! Blocks: users from whom somebody accepts no whispers and no direct messages.

use std::sync::LazyLock;

use super::user::{self, User};
use super::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// Blocks a user; blocking them again changes nothing. The blocked user is not notified: only their
/// whispers and direct messages are refused.
///
/// # Errors
/// `invalid` with the field `userId` for oneself; `not_found` for an unknown user; `too_many` over the
/// limit.
pub fn add(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, user_id: UserId) -> Result<()> {
    if user_id == me {
        return Err(Error::invalid("userId", "nobody blocks oneself"));
    }
    user::get(tx, user_id)?;
    let sql = "SELECT COUNT(*) FROM blocks WHERE user_id = ?1 AND blocked_id <> ?2";
    let count: u64 = tx.query_one(sql, &[&me, &user_id], |row| row.get(0))?;
    if count >= u64::from(limits.blocks_max) {
        return Err(Code::TooMany.into());
    }
    tx.execute(
        "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id, blocked_id) DO NOTHING",
        &[&me, &user_id, &now],
    )?;
    Ok(())
}

/// Removes a block, if there is one.
///
/// # Errors
/// Only those of the store.
pub fn remove(tx: &mut Tx, me: UserId, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM blocks WHERE user_id = ?1 AND blocked_id = ?2", &[&me, &user_id])?;
    Ok(())
}

/// Returns the users that somebody has blocked, by name. The limit of blocks bounds the list.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx, me: UserId) -> Result<Vec<User>> {
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let user = user::columns("u");
        format!(
            "SELECT {user} FROM blocks b JOIN users u ON u.id = b.blocked_id WHERE b.user_id = ?1
             ORDER BY u.name_folded, u.id"
        )
    });
    Ok(tx.query_all(&LIST, &[&me], |row| user::read(&mut row.columns()))?.into_iter().flatten().collect())
}

/// Returns whether `by` has blocked `whom`, or the owner of a bot.
///
/// # Errors
/// Only those of the store.
pub fn is_blocked(tx: &mut Tx, by: UserId, whom: UserId) -> Result<bool> {
    let sql = "SELECT 1 FROM blocks
               WHERE user_id = ?1 AND blocked_id IN (?2, (SELECT owner_id FROM bots WHERE user_id = ?2)) LIMIT 1";
    Ok(tx.query_opt(sql, &[&by, &whom], |row| row.get::<i64>(0))?.is_some())
}
