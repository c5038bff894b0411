//! Invites: codes that let somebody in without the room's password.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::room::{self, Room};
use super::user::{self, User, user_columns};
use super::{Tx, member};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// Living invites of one room; more are refused until one has ended.
const MOST: u64 = 100;
const MOST_USES: u32 = 1_000;
/// A year.
const MOST_HOURS: u32 = 8_760;
const HOUR: i64 = 3_600_000;

/// An invite as those see it who may make one; it has no form for a log.
#[derive(Clone)]
pub struct Invite {
    /// 128 random bits. Whoever has it gets in.
    pub code: String,
    /// How many people may still come by it; `None` without an end.
    pub uses_left: Option<u32>,
    /// Milliseconds since 1970 UTC; `None` without an end.
    pub ends_at: Option<i64>,
    pub created_at: i64,
    /// Who made it; `None` once they have no account any more.
    pub by: Option<User>,
}

macro_rules! select {
    ($($rest:literal)+) => {
        concat!(
            "SELECT i.code, i.uses_left, i.ends_at, i.created_at, ",
            user_columns!("u"),
            " FROM invites i LEFT JOIN users u ON u.id = i.by_user_id ",
            $($rest),+
        )
    };
}

fn read(row: &Row<'_>) -> Result<Invite, Fault> {
    let (code, uses_left, ends_at, created_at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Invite { code, uses_left, ends_at, created_at, by: user::read(row, 4)? })
}

/// Makes an invite that ends after so many uses or hours, or with neither when it is taken back;
/// the owner's and the moderators'.
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
    within("uses", uses, MOST_USES)?;
    within("hours", hours, MOST_HOURS)?;
    member::require_moderator(tx, me, room_id)?;
    tx.execute("DELETE FROM invites WHERE room_id = ?1 AND ends_at <= ?2", &[&room_id, &now])?;
    let living = "SELECT COUNT(*) FROM invites WHERE room_id = ?1";
    if tx.query_one(living, &[&room_id], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let code = new_code();
    let ends_at = hours.map(|hours| now + i64::from(hours) * HOUR);
    tx.execute(
        "INSERT INTO invites (code, room_id, by_user_id, uses_left, ends_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&code, &room_id, &me, &uses, &ends_at, &now],
    )?;
    Ok(tx.query_one(select!("WHERE i.code = ?1"), &[&code], read)?)
}

fn within(field: &'static str, given: Option<u32>, most: u32) -> Result<()> {
    match given {
        Some(number) if !(1..=most).contains(&number) => {
            Err(Error::invalid(field, format!("{field} must be 1 to {most}, or null for no end")))
        }
        _ => Ok(()),
    }
}

fn new_code() -> String {
    let mut bytes = [0; 16];
    // As for ids: the system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The living invites of a room, the newest first; at most a hundred.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn list(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<Vec<Invite>> {
    member::require_moderator(tx, me, room_id)?;
    let sql = select!(
        "WHERE i.room_id = ?1 AND (i.ends_at IS NULL OR i.ends_at > ?2) ORDER BY i.created_at DESC, i.code LIMIT ?3"
    );
    Ok(tx.query_all(sql, &[&room_id, &now, &MOST], read)?)
}

/// Takes an invite back.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found` for a code that is not one of
/// the room's.
pub fn revoke(tx: &mut Tx, me: UserId, room_id: RoomId, code: &str) -> Result<()> {
    member::require_moderator(tx, me, room_id)?;
    match tx.execute("DELETE FROM invites WHERE code = ?1 AND room_id = ?2", &[&code, &room_id])? {
        0 => Err(Code::NotFound.into()),
        _ => Ok(()),
    }
}

/// The room that a living invite leads to.
///
/// # Errors
/// `gone` for any other code; see [`dead`].
pub fn room(tx: &mut Tx, now: i64, code: &str) -> Result<Room> {
    let sql = "SELECT room_id FROM invites WHERE code = ?1 AND (ends_at IS NULL OR ends_at > ?2)";
    match tx.query_opt(sql, &[&code, &now], |row| row.get(0))? {
        Some(room_id) => room::snapshot(tx, room_id),
        None => Err(dead()),
    }
}

/// What every code hears that lets nobody in: never made, used up, ended, taken back or another
/// room's are told apart for nobody, so that nothing is learnt by trying.
pub fn dead() -> Error {
    Error { field: Some("invite".into()), ..Error::new(Code::Gone) }
}

/// Uses an invite once. Whoever fails after it in the same transaction has not used it.
///
/// # Errors
/// `gone` with the field `invite`; see [`dead`].
pub(super) fn take(tx: &mut Tx, now: i64, room_id: RoomId, code: &str) -> Result<()> {
    // Check and count in one statement: the last use goes to exactly one, on any engine.
    let sql = "UPDATE invites SET uses_left = uses_left - 1
               WHERE code = ?1 AND room_id = ?2 AND (ends_at IS NULL OR ends_at > ?3)
                 AND (uses_left IS NULL OR uses_left > 0) RETURNING uses_left";
    let left = tx.query_opt(sql, &[&code, &room_id, &now], |row| row.get::<Option<i64>>(0))?;
    if left.ok_or_else(dead)? == Some(0) {
        tx.execute("DELETE FROM invites WHERE code = ?1", &[&code])?;
    }
    Ok(())
}

/// Ends the invites of who may make none any more.
pub(super) fn withdraw(tx: &mut Tx, room_id: RoomId, by: UserId) -> Result<()> {
    tx.execute("DELETE FROM invites WHERE room_id = ?1 AND by_user_id = ?2", &[&room_id, &by])?;
    Ok(())
}

#[cfg(test)]
mod tests;
