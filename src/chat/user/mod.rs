//! Users: guests, and accounts that stay.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::in_list::{self, KEYS};
use super::{Fact, Limits, Tx};
use crate::db::{Columns, Fault};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text::{self, lookalike};

mod hues;
mod list;
mod privacy;
mod profile;

pub use super::kinds::UserKind;
pub use hues::{COLORS, color, hue};
pub use list::{Cursor, Listed, Users, page};
pub use privacy::{Privacy, privacy, seen_at};
pub use profile::{Profile, is_picture, profile, set_picture};

/// A user as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub kind: UserKind,
    pub name: String,
    /// `#rrggbb`, a pure function of the id: see [`hue`].
    pub color: &'static str,
    pub picture: Option<String>,
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Stored {
            id: UserId,
            kind: UserKind,
            name: String,
            picture: Option<String>,
        }
        let Stored { id, kind, name, picture } = Stored::deserialize(deserializer)?;
        Ok(Self { id, kind, name, color: color(id), picture })
    }
}

/// Returns the columns that [`read`] takes, of the users table under an alias.
pub(super) fn columns(alias: &str) -> String {
    format!("{alias}.id, {alias}.kind, {alias}.name, {alias}.picture, {alias}.deleted_at")
}

/// Reads a user; `None` where an outer join found none, and for a deleted user, whose messages stay without
/// an author.
pub(super) fn read(c: &mut Columns<'_>) -> Result<Option<User>, Fault> {
    let (id, kind, name) = (c.next()?, c.next()?, c.next()?);
    let (picture, deleted_at) = (c.next()?, c.next::<Option<i64>>()?);
    match (id, kind, name, deleted_at) {
        (Some(id), Some(kind), Some(name), None) => Ok(Some(User { id, kind, name, color: color(id), picture })),
        _ => Ok(None),
    }
}

/// Like [`read`] where the user cannot be missing.
pub(super) fn read_some(c: &mut Columns<'_>) -> Result<User, Fault> {
    read(c)?.ok_or_else(|| Fault::Wrong("a row has no user".to_owned()))
}

/// Creates a guest under a chosen name.
///
/// # Errors
/// `invalid` or `too_long` for a name that is empty, too long or looks like an admin's.
pub fn make_guest(tx: &mut Tx, limits: &Limits, now: i64, name: &str) -> Result<User> {
    check_name(tx, limits, None, name)?;
    make_friendly_guest(tx, limits, now, name)
}

/// Like [`make_guest`], under a generated name, which is not compared with those of admins.
///
/// # Errors
/// Only those of the store.
pub fn make_friendly_guest(tx: &mut Tx, limits: &Limits, now: i64, name: &str) -> Result<User> {
    make(tx, limits, now, UserKind::Guest, name)
}

/// Creates a user of any kind, under a name that was checked or that they did not choose.
pub(super) fn make(tx: &mut Tx, limits: &Limits, now: i64, kind: UserKind, name: &str) -> Result<User> {
    let id = UserId::new(now);
    let name = text::name(name, limits.name_max)?;
    let user = User { id, kind, name, color: color(id), picture: None };
    tx.execute(
        "INSERT INTO users (id, kind, name, name_folded, name_initials, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&user.id, &user.kind, &user.name, &text::fold(&user.name), &text::initials(&user.name), &now],
    )?;
    Ok(user)
}

/// Names that readers could take for the server itself or for those who run it.
const RESERVED_NAMES: [&str; 7] = ["Madang", "마당", "Admin", "Administrator", "관리자", "운영자", "운영진"];

/// Checks a name that a user chose. Names are not unique, but none may look like an admin's or the server's.
///
/// # Errors
/// `invalid`, `too_long` or `filtered` with the field `name`.
pub(super) fn check_name(tx: &mut Tx, limits: &Limits, me: Option<UserId>, name: &str) -> Result<()> {
    // Compared as it would be stored, after invisible characters are stripped.
    let name = text::name(name, limits.name_max)?;
    let sql = "SELECT id, name FROM users WHERE is_admin = 1 AND deleted_at IS NULL";
    let admins: Vec<(UserId, String)> = tx.query_all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // An admin may have the name of another admin.
    if admins.iter().any(|(id, _)| Some(*id) == me) {
        return Ok(());
    }
    limits.check_words("name", &name)?;
    let taken = RESERVED_NAMES.into_iter().chain(admins.iter().map(|(_, name)| name.as_str()));
    match taken.into_iter().any(|taken| lookalike::looks_like(taken, &name)) {
        true => Err(Error::invalid("name", "name looks like that of an admin")),
        false => Ok(()),
    }
}

/// Changes a user's name to what they chose, and publishes it; the same name again changes nothing.
///
/// # Errors
/// `invalid` or `too_long` for the name, as for a new one; `not_found`.
pub fn rename(tx: &mut Tx, limits: &Limits, me: UserId, name: &str) -> Result<User> {
    let name = text::name(name, limits.name_max)?;
    let mut user = get(tx, me)?;
    // The present name is always accepted: forms send it along, and an admin may have taken it since.
    if user.name != name {
        check_name(tx, limits, Some(me), &name)?;
        tx.execute(
            "UPDATE users SET name = ?2, name_folded = ?3, name_initials = ?4 WHERE id = ?1",
            &[&me, &name, &text::fold(&name), &text::initials(&name)],
        )?;
        // Each membership has a copy, by which mentions find it.
        tx.execute("UPDATE members SET name_folded = ?2 WHERE user_id = ?1", &[&me, &text::fold(&name)])?;
        user.name = name;
        tx.publish(Fact::UserChanged(Box::new(user.clone())));
    }
    Ok(user)
}

/// Stores that users have just gone offline.
///
/// # Errors
/// Only those of the store.
pub fn note_seen(tx: &mut Tx, now: i64, ids: &[UserId]) -> Result<()> {
    for id in ids {
        tx.execute("UPDATE users SET seen_at = ?2 WHERE id = ?1", &[id, &now])?;
    }
    Ok(())
}

/// Returns a user, if there is one.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    static FIND: LazyLock<String> = LazyLock::new(|| format!("SELECT {} FROM users u WHERE u.id = ?1", columns("u")));
    Ok(tx.query_opt(&FIND, &[&id], |row| read(&mut row.columns()))?.flatten())
}

/// Returns a user.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx, id: UserId) -> Result<User> {
    find(tx, id)?.ok_or(Code::NotFound.into())
}

/// Returns the users of the ids that exist, in no order.
///
/// # Errors
/// Only those of the store.
pub fn find_all(tx: &mut Tx, ids: &[UserId]) -> Result<Vec<User>> {
    static FIND_ALL: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {} FROM users u WHERE u.id IN {KEYS}", columns("u")));
    let found = in_list::in_chunks(&[], ids, |params| tx.query_all(&FIND_ALL, params, |row| read(&mut row.columns())))?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
