//! Invites: codes to join a room without its password.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::kinds::AuditAction;
use super::member::membership::require_moderator;
use super::room::{self, Room};
use super::user::{self, User};
use super::{Tx, audit};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// The most valid invites of one room.
const MOST: u64 = 100;
const MOST_USES: u32 = 1_000;
/// A year.
const MOST_HOURS: u32 = 8_760;
const HOUR: i64 = 3_600_000;

/// An invite, for the owner and the moderators. It holds a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Invite {
    /// 128 random bits. Anyone who has it can join.
    pub code: String,
    /// How many users may still join with it; `None` without a limit.
    pub uses_left: Option<u32>,
    /// Milliseconds since 1970 UTC; `None` without an end.
    pub ends_at: Option<i64>,
    pub created_at: i64,
    /// Its creator; `None` once their account is deleted.
    pub by: Option<User>,
}

/// `SELECT` with the columns that [`read`] takes. The caller adds the `WHERE`.
fn select() -> String {
    let by = user::columns("u");
    format!(
        "SELECT i.code, i.uses_left, i.ends_at, i.created_at, {by}
         FROM invites i LEFT JOIN users u ON u.id = i.by_user_id"
    )
}

fn read(row: &Row<'_>) -> Result<Invite, Fault> {
    let mut c = row.columns();
    Ok(Invite {
        code: c.next()?,
        uses_left: c.next()?,
        ends_at: c.next()?,
        created_at: c.next()?,
        by: user::read(&mut c)?,
    })
}

/// Creates an invite that ends after so many uses or hours, if any, or when it is revoked. The owner and the
/// moderators may.
///
/// # Errors
/// `invalid` with the field `uses` or `hours`; `room_not_found`, `gone`, `not_a_member`,
/// `forbidden`; `too_many` when the room has a hundred.
pub fn create(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    room_id: RoomId,
    uses: Option<u32>,
    hours: Option<u32>,
) -> Result<Invite> {
    let ends_at = checked_end(now, uses, hours)?;
    require_moderator(tx, me, room_id)?;
    tx.execute("DELETE FROM invites WHERE room_id = ?1 AND ends_at <= ?2", &[&room_id, &now])?;
    let count = "SELECT COUNT(*) FROM invites WHERE room_id = ?1";
    if tx.query_one(count, &[&room_id], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let code = new_code();
    tx.execute(
        "INSERT INTO invites (code, room_id, by_user_id, uses_left, ends_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&code, &room_id, &me, &uses, &ends_at, &now],
    )?;
    audit::append(tx, now, Some(me), AuditAction::RoomInviteCreated, Some(room_id), me)?;
    static BY_CODE: LazyLock<String> = LazyLock::new(|| select() + " WHERE i.code = ?1");
    Ok(tx.query_one(&BY_CODE, &[&code], read)?)
}

/// Checks the bounds of a new invite, and returns when it ends.
///
/// # Errors
/// `invalid` with the field `uses` or `hours`.
pub(super) fn checked_end(now: i64, uses: Option<u32>, hours: Option<u32>) -> Result<Option<i64>> {
    within("uses", uses, MOST_USES)?;
    within("hours", hours, MOST_HOURS)?;
    Ok(hours.map(|hours| now + i64::from(hours) * HOUR))
}

fn within(field: &'static str, given: Option<u32>, most: u32) -> Result<()> {
    match given {
        Some(number) if !(1..=most).contains(&number) => {
            Err(Error::invalid(field, format!("{field} must be 1 to {most}, or null for no end")))
        }
        _ => Ok(()),
    }
}

pub(super) fn new_code() -> String {
    let mut bytes = [0; 16];
    // The system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the valid invites of a room, the newest first; at most a hundred.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn list(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<Vec<Invite>> {
    require_moderator(tx, me, room_id)?;
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let invites = select();
        format!(
            "{invites} WHERE i.room_id = ?1 AND (i.ends_at IS NULL OR i.ends_at > ?2)
             ORDER BY i.created_at DESC, i.code LIMIT ?3"
        )
    });
    Ok(tx.query_all(&LIST, &[&room_id, &now, &MOST], read)?)
}

/// Revokes an invite.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found` for a code of another room or none.
pub fn revoke(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, code: &str) -> Result<()> {
    require_moderator(tx, me, room_id)?;
    let sql = "DELETE FROM invites WHERE code = ?1 AND room_id = ?2 RETURNING by_user_id";
    let by = tx.query_opt(sql, &[&code, &room_id], |row| row.get::<UserId>(0))?.ok_or(Code::NotFound)?;
    audit::append(tx, now, Some(me), AuditAction::RoomInviteRevoked, Some(room_id), by)
}

/// Returns the room of a valid invite.
///
/// # Errors
/// `gone` for any other code; see [`invalid`].
pub fn room(tx: &mut Tx, now: i64, code: &str) -> Result<Room> {
    let sql = "SELECT room_id FROM invites WHERE code = ?1 AND (ends_at IS NULL OR ends_at > ?2)";
    match tx.query_opt(sql, &[&code, &now], |row| row.get(0))? {
        Some(room_id) => room::snapshot(tx, room_id),
        None => Err(invalid()),
    }
}

/// Returns the error for every invalid code. It does not say whether the code is unknown, used up, ended,
/// revoked or another room's, so nothing is learnt by guessing.
pub fn invalid() -> Error {
    Error::new(Code::Gone).with_field("invite")
}

/// Uses an invite once. A later failure in the same transaction undoes it.
///
/// # Errors
/// `gone` with the field `invite`; see [`invalid`].
pub(super) fn take(tx: &mut Tx, now: i64, room_id: RoomId, code: &str) -> Result<()> {
    // One statement checks and counts, so the last use goes to one user, on any engine.
    let sql = "UPDATE invites SET uses_left = uses_left - 1
               WHERE code = ?1 AND room_id = ?2 AND (ends_at IS NULL OR ends_at > ?3)
                 AND (uses_left IS NULL OR uses_left > 0) RETURNING uses_left";
    let left = tx.query_opt(sql, &[&code, &room_id, &now], |row| row.get::<Option<i64>>(0))?;
    if left.ok_or_else(invalid)? == Some(0) {
        tx.execute("DELETE FROM invites WHERE code = ?1", &[&code])?;
    }
    Ok(())
}

/// Revokes all invites of a room.
pub(super) fn revoke_all(tx: &mut Tx, room_id: RoomId) -> Result<()> {
    tx.execute("DELETE FROM invites WHERE room_id = ?1", &[&room_id])?;
    Ok(())
}

/// Revokes the invites of a user who may not create any more.
pub(super) fn revoke_all_of(tx: &mut Tx, room_id: RoomId, by: UserId) -> Result<()> {
    tx.execute("DELETE FROM invites WHERE room_id = ?1 AND by_user_id = ?2", &[&room_id, &by])?;
    Ok(())
}

/// Revokes the invites of a user to all rooms.
pub(super) fn revoke_all_by(tx: &mut Tx, by: UserId) -> Result<()> {
    tx.execute("DELETE FROM invites WHERE by_user_id = ?1", &[&by])?;
    Ok(())
}

#[cfg(test)]
mod tests;
