//! Blocks: whom somebody does not want to hear from when nobody else is by.

use super::user::{self, User, user_columns};
use super::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// Blocks somebody; doing it again changes nothing. The blocked are not told: they are only refused
/// where they would speak to this person alone.
///
/// # Errors
/// `invalid` with the field `userId` for oneself; `not_found` for nobody; `too_many` over the limit.
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

/// Takes a block away; where there is none, nothing changes.
///
/// # Errors
/// Only those of the store.
pub fn remove(tx: &mut Tx, me: UserId, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM blocks WHERE user_id = ?1 AND blocked_id = ?2", &[&me, &user_id])?;
    Ok(())
}

/// Everybody that somebody has blocked, by name. The limit of blocks bounds it.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx, me: UserId) -> Result<Vec<User>> {
    let sql = concat!(
        "SELECT ",
        user_columns!("u"),
        " FROM blocks b JOIN users u ON u.id = b.blocked_id WHERE b.user_id = ?1 ORDER BY u.name_folded, u.id"
    );
    Ok(tx.query_all(sql, &[&me], |row| user::read(row, 0))?.into_iter().flatten().collect())
}

/// Whether `by` has blocked `whom`.
///
/// # Errors
/// Only those of the store.
pub fn is_blocked(tx: &mut Tx, by: UserId, whom: UserId) -> Result<bool> {
    let sql = "SELECT 1 FROM blocks WHERE user_id = ?1 AND blocked_id = ?2";
    Ok(tx.query_opt(sql, &[&by, &whom], |row| row.get::<i64>(0))?.is_some())
}
