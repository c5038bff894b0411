//! The stored bytes that are needed: what a backup contains and `verify` looks for.

use std::collections::BTreeMap;

use super::{picture_hash, picture_url};
use crate::chat::{Tx, server_settings};
use crate::db::Row;
use crate::error::Result;
use crate::ids::{FileId, UserId};

/// Rows of a statement.
const PAGE: u32 = 1_000;

/// Returns the hashes of the bytes of all files, thumbnails, users' pictures, archives and of the logo, each with its size in bytes where
/// it is stored. It grows with the number of files, so only the operator's commands use it.
///
/// # Errors
/// Only those of the store.
pub fn needed(tx: &mut Tx) -> Result<BTreeMap<String, Option<u64>>> {
    // Each reads an index, so that later pages are not slower.
    const FILES: &str = "SELECT hash, MIN(size) FROM files WHERE hash > ?1 GROUP BY hash ORDER BY hash LIMIT ?2";
    const THUMBNAILS: &str = "SELECT DISTINCT thumb_hash, NULL FROM files
                              WHERE thumb_hash IS NOT NULL AND thumb_hash > ?1 ORDER BY thumb_hash LIMIT ?2";
    const PICTURES: &str = "SELECT DISTINCT picture, NULL FROM users
                            WHERE picture IS NOT NULL AND picture > ?1 ORDER BY picture LIMIT ?2";
    const EXPORTS: &str = "SELECT hash, MIN(size) FROM exports WHERE hash IS NOT NULL AND hash > ?1
                           GROUP BY hash ORDER BY hash LIMIT ?2";
    let mut needed = BTreeMap::new();
    // A backup copies an older database as it is.
    let exports = has_exports(tx)?.then_some(EXPORTS);
    for sql in [PICTURES, THUMBNAILS, FILES].into_iter().chain(exports) {
        let mut last = String::new();
        loop {
            let read = |row: &Row<'_>| Ok((row.get::<String>(0)?, row.get::<Option<u64>>(1)?));
            let page = tx.query_all(sql, &[&last, &PAGE], read)?;
            let Some((name, _)) = page.last() else { break };
            last.clone_from(name);
            for (name, size) in page {
                let hash = if sql == PICTURES { picture_hash(&name).map(str::to_owned) } else { Some(name) };
                // A picture on another server has no bytes here.
                needed.extend(hash.map(|hash| (hash, size)));
            }
        }
    }
    needed.extend(server_settings::stored(tx)?.logo_hash().map(|hash| (hash.to_owned(), None)));
    Ok(needed)
}

/// Returns whether the database is new enough to have archives of users.
fn has_exports(tx: &mut Tx) -> Result<bool> {
    let sql = "SELECT 1 FROM migrations WHERE name = '0025_exports'";
    Ok(tx.query_opt(sql, &[], |row| row.get::<i64>(0))?.is_some())
}

/// Describes, for the operator, a file or a user that needs the bytes of a hash.
///
/// # Errors
/// Only those of the store.
pub fn needed_by(tx: &mut Tx, hash: &str) -> Result<Option<String>> {
    let sql = "SELECT id, name FROM files WHERE hash = ?1 UNION ALL SELECT id, name FROM files WHERE thumb_hash = ?1
               LIMIT 1";
    let file = |row: &Row<'_>| Ok(format!("file {}, {:?}", row.get::<FileId>(0)?, row.get::<String>(1)?));
    if let Some(file) = tx.query_opt(sql, &[&hash], file)? {
        return Ok(Some(file));
    }
    let archive = |row: &Row<'_>| Ok(format!("the archive of user {}", row.get::<UserId>(0)?));
    let sql = "SELECT user_id FROM exports WHERE hash IS NOT NULL AND hash = ?1 LIMIT 1";
    if has_exports(tx)?
        && let Some(archive) = tx.query_opt(sql, &[&hash], archive)?
    {
        return Ok(Some(archive));
    }
    if server_settings::stored(tx)?.logo_hash() == Some(hash) {
        return Ok(Some("the logo of the server".to_owned()));
    }
    let picture = |row: &Row<'_>| Ok(format!("the picture of user {}", row.get::<UserId>(0)?));
    let sql = "SELECT id FROM users WHERE picture IS NOT NULL AND picture = ?1 LIMIT 1";
    Ok(tx.query_opt(sql, &[&picture_url(hash)], picture)?)
}
