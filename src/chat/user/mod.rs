//! Connections: guests who walked in, accounts who stay.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Fact, Limits, Tx};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text::{self, look};

mod hues;
mod list;
mod profile;

pub use hues::{COLORS, color, hue};
pub use list::{Connections, Listed, Place, page};
pub use profile::{Profile, is_picture, profile, set_picture};

/// A person as others see them.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserKind {
    Guest,
    Account,
    Bot,
}

/// The columns that [`read`] takes, of the users table under another name.
macro_rules! user_columns {
    ($table:literal) => {
        concat!($table, ".id, ", $table, ".kind, ", $table, ".name, ", $table, ".picture, ", $table, ".deleted_at")
    };
}
pub(super) use user_columns;

/// How many columns a person takes in a row.
pub(super) const WIDTH: usize = 5;

/// A person from the columns at `at`; `None` where an outer join found nobody, and for somebody who
/// was deleted: what they said is then nobody's.
pub(super) fn read(row: &Row<'_>, at: usize) -> Result<Option<User>, Fault> {
    let Some(id) = row.get::<Option<UserId>>(at)? else { return Ok(None) };
    if row.get::<Option<i64>>(at + 4)?.is_some() {
        return Ok(None);
    }
    let (kind, name, picture) = (row.get(at + 1)?, row.get(at + 2)?, row.get(at + 3)?);
    Ok(Some(User { id, kind, name, color: color(id), picture }))
}

/// Like [`read`] where the person cannot be missing.
pub(super) fn read_some(row: &Row<'_>, at: usize) -> Result<User, Fault> {
    read(row, at)?.ok_or_else(|| Fault::Wrong(format!("no user at column {at}")))
}

/// Lets somebody in who has no account, under the name that they chose.
///
/// # Errors
/// `invalid` or `too_long` for a name that shows nothing or too much, or looks like an admin's.
pub fn make_guest(tx: &mut Tx, limits: &Limits, now: i64, name: &str) -> Result<User> {
    check_look(tx, limits, None, name)?;
    make_friendly_guest(tx, limits, now, name)
}

/// Like [`make_guest`], under a name of ours: nobody is turned away for what they did not choose.
///
/// # Errors
/// Only those of the store.
pub fn make_friendly_guest(tx: &mut Tx, limits: &Limits, now: i64, name: &str) -> Result<User> {
    make(tx, limits, now, UserKind::Guest, name)
}

/// Makes a person of any kind, under a name that is not their own choice or that was looked at.
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

/// What people could take for a word of the house itself.
const NAMES_OF_THE_HOUSE: [&str; 2] = ["Madang", "마당"];

/// Looks at a name that somebody chose for themselves. Names are not unique, but nobody is taken for
/// an admin or for the house.
///
/// # Errors
/// `invalid` or `too_long` with the field `name`.
pub(super) fn check_look(tx: &mut Tx, limits: &Limits, me: Option<UserId>, name: &str) -> Result<()> {
    // As it would be stored: what is stripped from it is no disguise, and what is left is short.
    let name = text::name(name, limits.name_max)?;
    let sql = "SELECT id, name FROM users WHERE is_admin = 1 AND deleted_at IS NULL";
    let admins: Vec<(UserId, String)> = tx.query_all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // Whoever is an admin has that name already, and may share it with another admin.
    if admins.iter().any(|(id, _)| Some(*id) == me) {
        return Ok(());
    }
    let taken = NAMES_OF_THE_HOUSE.into_iter().chain(admins.iter().map(|(_, name)| name.as_str()));
    match taken.into_iter().any(|taken| look::looks_like(taken, &name)) {
        true => Err(Error::invalid("name", "name looks like that of an admin")),
        false => Ok(()),
    }
}

/// Changes a person's name to what they chose and tells who knows them; the same name again changes
/// nothing.
///
/// # Errors
/// `invalid` or `too_long` for the name, as for a new one; `not_found` for nobody.
pub fn rename(tx: &mut Tx, limits: &Limits, me: UserId, name: &str) -> Result<User> {
    // A name that one has already stays: forms send it along, and an admin may have come later.
    if get(tx, me)?.name != text::name(name, limits.name_max)? {
        check_look(tx, limits, Some(me), name)?;
    }
    rename_as_told(tx, limits, me, name)
}

/// Like [`rename`], to what a server with a key says: it knows whom it brings.
pub(super) fn rename_as_told(tx: &mut Tx, limits: &Limits, me: UserId, name: &str) -> Result<User> {
    let name = text::name(name, limits.name_max)?;
    let mut user = get(tx, me)?;
    if user.name != name {
        tx.execute(
            "UPDATE users SET name = ?2, name_folded = ?3, name_initials = ?4 WHERE id = ?1",
            &[&me, &name, &text::fold(&name), &text::initials(&name)],
        )?;
        user.name = name;
        tx.publish(Fact::UserChanged(Box::new(user.clone())));
    }
    Ok(user)
}

/// Whether somebody does not want others to know when they are there.
///
/// # Errors
/// Only those of the store.
pub fn hides_presence(tx: &mut Tx, id: UserId) -> Result<bool> {
    let sql = "SELECT hides_presence FROM users WHERE id = ?1";
    Ok(tx.query_opt(sql, &[&id], |row| row.get(0))?.unwrap_or_default())
}

/// When somebody was last seen; `None` where they hide it, are not known, or never were.
///
/// # Errors
/// Only those of the store.
pub fn seen_at(tx: &mut Tx, id: UserId) -> Result<Option<i64>> {
    let sql = "SELECT seen_at FROM users WHERE id = ?1 AND hides_presence = 0 AND deleted_at IS NULL";
    Ok(tx.query_opt(sql, &[&id], |row| row.get(0))?.flatten())
}

/// Notes that people have just gone.
///
/// # Errors
/// Only those of the store.
pub fn note_seen(tx: &mut Tx, now: i64, ids: &[UserId]) -> Result<()> {
    for id in ids {
        tx.execute("UPDATE users SET seen_at = ?2 WHERE id = ?1", &[id, &now])?;
    }
    Ok(())
}

/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    let sql = concat!("SELECT ", user_columns!("u"), " FROM users u WHERE u.id = ?1");
    Ok(tx.query_opt(sql, &[&id], |row| read(row, 0))?.flatten())
}

/// # Errors
/// `not_found` for nobody.
pub fn get(tx: &mut Tx, id: UserId) -> Result<User> {
    find(tx, id)?.ok_or(Code::NotFound.into())
}

/// The people of the ids that there are, in no order.
///
/// # Errors
/// Only those of the store.
pub fn find_all(tx: &mut Tx, ids: &[UserId]) -> Result<Vec<User>> {
    let sql = concat!("SELECT ", user_columns!("u"), " FROM users u WHERE u.id IN ", super::many!(1));
    let found = super::in_chunks(&[], ids, |params| tx.query_all(sql, params, |row| read(row, 0)))?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
