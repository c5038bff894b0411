//! The storage quota of a user.

use crate::chat::{Limits, Tx};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// Bytes that a file counts besides its own, for its row, its thumbnail and the file system. It makes the limit of
/// bytes also one of files, which bounds the sum below.
const OVERHEAD: u64 = 64 * 1024;

/// Checks that `me` may store `size` more bytes: in all, and with `is_waiting` also among uploads that wait for a
/// message.
///
/// # Errors
/// `too_many` with the field `file`.
pub fn check(tx: &mut Tx, limits: &Limits, me: UserId, size: u64, is_waiting: bool) -> Result<()> {
    if is_waiting {
        let (count, bytes) = held(tx, me, true)?;
        if count >= limits.waiting_files_max || bytes + size > limits.waiting_bytes_max {
            return Err(refused("too many uploads wait for a message; send some of them"));
        }
    }
    if limits.stored_bytes_max == 0 {
        return Ok(());
    }
    let (count, bytes) = held(tx, me, false)?;
    if bytes + size + (count + 1) * OVERHEAD > limits.stored_bytes_max {
        return Err(refused("your files take as much as one person's may"));
    }
    Ok(())
}

fn held(tx: &mut Tx, me: UserId, is_waiting: bool) -> Result<(u64, u64)> {
    const ALL: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files WHERE user_id = ?1";
    const WAITING: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files
                           WHERE user_id = ?1 AND message_number IS NULL";
    let sql = if is_waiting { WAITING } else { ALL };
    Ok(tx.query_one(sql, &[&me], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Locks the row of a user until the commit, so that two uploads of one user are counted one after the other on an
/// engine with several writers as well.
pub(super) fn lock(tx: &mut Tx, me: UserId) -> Result<()> {
    tx.execute("UPDATE users SET created_at = created_at WHERE id = ?1", &[&me])?;
    Ok(())
}

fn refused(message: &'static str) -> Error {
    Error::new(Code::TooMany).with_message(message).with_field("file")
}
