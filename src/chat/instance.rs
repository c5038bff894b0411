//! The instance as a whole: the id by which it is known elsewhere, and where its files are.

use crate::chat::Tx;
use crate::chat::session::Token;
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::UserId;

const ID: &str = "instance";
/// Signs links that are never stored.
const SECRET: &str = "secret";
/// Present while the files are in a bucket.
const HAS_BUCKET: &str = "bucket";

/// Returns the id of this instance, which stays the same in its backups. The first call makes it.
///
/// # Errors
/// `unavailable`.
pub fn id(tx: &mut Tx) -> Result<String> {
    let new = UserId::new(now_ms()).to_string();
    tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING", &[&ID, &new])?;
    Ok(tx.query_one("SELECT value FROM meta WHERE key = ?1", &[&ID], |row| row.get(0))?)
}

/// Returns the id of this instance if it has one.
///
/// # Errors
/// `unavailable`.
pub fn known_id(tx: &mut Tx) -> Result<Option<String>> {
    Ok(tx.query_opt("SELECT value FROM meta WHERE key = ?1", &[&ID], |row| row.get(0))?)
}

/// Returns whether the files are in a bucket and not in the data folder.
///
/// # Errors
/// `unavailable`.
pub fn has_bucket(tx: &mut Tx) -> Result<bool> {
    let found = tx.query_opt("SELECT value FROM meta WHERE key = ?1", &[&HAS_BUCKET], |row| row.get::<String>(0))?;
    Ok(found.is_some())
}

/// Notes where the files are.
///
/// # Errors
/// `unavailable`.
pub fn set_bucket(tx: &mut Tx, has_bucket: bool) -> Result<()> {
    let sql = match has_bucket {
        true => "INSERT INTO meta (key, value) VALUES (?1, 's3') ON CONFLICT (key) DO NOTHING",
        false => "DELETE FROM meta WHERE key = ?1",
    };
    tx.execute(sql, &[&HAS_BUCKET])?;
    Ok(())
}

/// Returns the key by which links are signed that are never stored. The first call makes it; all nodes have the same.
///
/// # Errors
/// `unavailable`.
pub fn secret(tx: &mut Tx) -> Result<String> {
    let new = Token::new().reveal();
    tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING", &[&SECRET, &new])?;
    Ok(tx.query_one("SELECT value FROM meta WHERE key = ?1", &[&SECRET], |row| row.get(0))?)
}
