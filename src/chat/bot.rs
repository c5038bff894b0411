//! Bots: programs that take part under a name of their own, through REST and sockets like people. A bot belongs to an
//! account, may do what its rights say, and is only in rooms in which its owner is.

use std::sync::LazyLock;

use super::account::Leftovers;
use super::bot_right::{parse, stored};
use super::kinds::{BotRight, UserKind};
use super::session::Token;
use super::user::{self, User};
use super::{Limits, Tx, account, session};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;

/// The most bots of one account.
const MOST: u64 = 20;

/// A bot, for its owner. Its key is shown once.
#[derive(Clone, Debug)]
pub struct Bot {
    pub user: User,
    pub rights: Vec<BotRight>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When its key was last used, to an hour; `None` for a key that was never used or has ended.
    pub used_at: Option<i64>,
}

/// `SELECT` with the columns that [`read`] takes. The caller adds the `WHERE`.
fn select() -> String {
    let user = user::columns("u");
    format!(
        "SELECT {user}, b.rights, b.created_at, (SELECT MAX(s.seen_at) FROM sessions s WHERE s.user_id = b.user_id AND s.seen_at > s.created_at)
         FROM bots b JOIN users u ON u.id = b.user_id"
    )
}

fn read(row: &Row<'_>) -> Result<Bot, Fault> {
    let mut c = row.columns();
    let user = user::read_some(&mut c)?;
    Ok(Bot { user, rights: parse(&c.next::<String>()?), created_at: c.next()?, used_at: c.next()? })
}

/// Creates a bot of an account and returns it with its key.
///
/// # Errors
/// `forbidden` for a guest or a bot; `invalid` or `too_long` with the field `name`; `too_many` for an account with
/// twenty.
pub fn create(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    owner: UserId,
    name: &str,
    rights: &[BotRight],
) -> Result<(Bot, Token)> {
    if user::get(tx, owner)?.kind != UserKind::Account {
        return Err(Error::new(Code::Forbidden).with_message("only accounts have bots"));
    }
    let count = "SELECT COUNT(*) FROM bots WHERE owner_id = ?1";
    if tx.query_one(count, &[&owner], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    user::check_name(tx, limits, None, name)?;
    let bot = user::make(tx, limits, now, UserKind::Bot, name)?;
    tx.execute("UPDATE users SET is_listed = 0 WHERE id = ?1", &[&bot.id])?;
    tx.execute(
        "INSERT INTO bots (user_id, owner_id, rights, created_at) VALUES (?1, ?2, ?3, ?4)",
        &[&bot.id, &owner, &stored(rights), &now],
    )?;
    let key = session::open(tx, now, bot.id, None, None)?;
    Ok((get(tx, owner, bot.id)?, key))
}

/// Returns a bot of an account.
///
/// # Errors
/// `not_found` for a bot of another account or none.
pub fn get(tx: &mut Tx, owner: UserId, id: UserId) -> Result<Bot> {
    static GET: LazyLock<String> = LazyLock::new(|| select() + " WHERE b.user_id = ?1 AND b.owner_id = ?2");
    tx.query_opt(&GET, &[&id, &owner], read)?.ok_or(Code::NotFound.into())
}

/// Returns the bots of an account, the oldest first; at most twenty.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Bot>> {
    static LIST: LazyLock<String> =
        LazyLock::new(|| select() + " WHERE b.owner_id = ?1 ORDER BY b.created_at, b.user_id LIMIT ?2");
    Ok(tx.query_all(&LIST, &[&owner, &MOST], read)?)
}

/// Renames a bot.
///
/// # Errors
/// `not_found`; `invalid` or `too_long` with the field `name`.
pub fn rename(tx: &mut Tx, limits: &Limits, owner: UserId, id: UserId, name: &str) -> Result<Bot> {
    get(tx, owner, id)?;
    user::rename(tx, limits, id, name)?;
    get(tx, owner, id)
}

/// Gives a bot a new key, and other rights if there are any. The old key and its sockets end at once, so no socket
/// outlives a right.
///
/// # Errors
/// `not_found`.
pub fn rotate(tx: &mut Tx, now: i64, owner: UserId, id: UserId, rights: Option<&[BotRight]>) -> Result<(Bot, Token)> {
    get(tx, owner, id)?;
    if let Some(rights) = rights {
        tx.execute("UPDATE bots SET rights = ?2 WHERE user_id = ?1", &[&id, &stored(rights)])?;
    }
    session::close_all(tx, id, None)?;
    let key = session::open(tx, now, id, None, None)?;
    Ok((get(tx, owner, id)?, key))
}

/// Deletes a bot, which leaves its rooms. Its messages stay, without an author. Returns the hashes of stored bytes that are not needed any more.
///
/// # Errors
/// `not_found`.
pub fn delete(tx: &mut Tx, now: i64, owner: UserId, id: UserId) -> Result<Vec<String>> {
    get(tx, owner, id)?;
    let left = account::leave(tx, now, id, false)?;
    tx.execute("DELETE FROM bots WHERE user_id = ?1", &[&id])?;
    Ok(left.unneeded)
}

/// Deletes the bots of an account that was deleted, and adds what they leave.
///
/// # Errors
/// Only those of the store.
pub fn delete_all_of(tx: &mut Tx, now: i64, owner: UserId, mut left: Leftovers) -> Result<Leftovers> {
    for bot in list(tx, owner)? {
        left.unneeded.extend(delete(tx, now, owner, bot.user.id)?);
    }
    Ok(left)
}
