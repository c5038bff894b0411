//! The user as whom the server acts: it reminds, warns, and makes what a command asks for.

use super::Tx;
use super::kinds::UserKind;
use super::user::{self, User};
use crate::error::Result;
use crate::ids::UserId;
use crate::text;

/// Its id in every database.
const SERVER: UserId = UserId::from_u128(1);
const SERVER_NAME: &str = "Madang";

/// Returns it. The first call makes it, as does one after it was deleted; nobody can write to it.
///
/// # Errors
/// Only those of the store.
pub(super) fn get(tx: &mut Tx, now: i64) -> Result<User> {
    if let Some(user) = user::find(tx, SERVER)? {
        return Ok(user);
    }
    tx.execute(
        "INSERT INTO users (id, kind, name, name_folded, name_initials, direct_from, is_listed, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'nobody', 0, ?6)
         ON CONFLICT (id) DO UPDATE SET name = ?3, name_folded = ?4, name_initials = ?5, deleted_at = NULL",
        &[&SERVER, &UserKind::Bot, &SERVER_NAME, &text::fold(SERVER_NAME), &text::initials(SERVER_NAME), &now],
    )?;
    user::get(tx, SERVER)
}
