//! Files of messages.

use std::sync::LazyLock;

mod claim;
mod gallery;
mod needed;
mod quota;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::in_list::{self, KEYS};
use super::{Limits, Tx, server_settings};
use crate::db::{Columns, Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, RoomId, UserId};
use crate::text;

pub use claim::{claim_removal, claim_storing, release};
pub use gallery::{Entry, Kind, Origin, gallery};
pub use needed::{needed, needed_by};
pub use quota::check as check_quota;

/// A stored file as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    pub id: FileId,
    pub name: String,
    /// The media type, from the content alone; `application/octet-stream` for an unknown one. Pictures are re-encoded
    /// by the server.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub animated: Option<bool>,
    /// A thumbhash, base 64, of at most 25 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
}

/// A new file whose bytes are stored already.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// SHA-256 of the stored bytes, in hexadecimal.
    pub hash: String,
    pub thumb_hash: Option<String>,
    pub thumb_type: Option<String>,
    /// The name given by the uploader; cleaned here.
    pub name: String,
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub animated: Option<bool>,
    /// A thumbhash, base 64.
    pub placeholder: Option<String>,
}

/// A file with the names of its bytes.
#[derive(Clone, Debug)]
pub struct Stored {
    pub file: File,
    pub hash: String,
    /// The hash of the thumbnail and its media type.
    pub thumbnail: Option<(String, String)>,
}

/// The path of the pictures of users.
const PICTURES: &str = "/pictures/";

/// The columns that [`read`] takes, of the files as `f`.
const COLUMNS: &str = "f.id, f.hash, f.thumb_hash, f.thumb_type, f.name, f.media_type, f.size, f.width, f.height, \
                       f.animated, f.placeholder";

/// Which messages `m` of rooms `r` the viewer `?2` decides about: hidden ones and those of open reports, for admins; of open rooms
/// for moderators, too, except whispers and their own.
const MODERATED: &str = "(EXISTS (SELECT 1 FROM hidden_messages h WHERE h.message_number = m.number)
    OR EXISTS (SELECT 1 FROM reports p
               WHERE p.room_id = m.room_id AND p.message_id = m.id AND p.decided_at IS NULL))
  AND (EXISTS (SELECT 1 FROM users a WHERE a.id = ?2 AND a.is_admin = 1)
    OR r.kind = 'open' AND m.to_user_id IS NULL AND (m.user_id IS NULL OR m.user_id <> ?2)
       AND EXISTS (SELECT 1 FROM members y WHERE y.room_id = m.room_id AND y.user_id = ?2 AND y.role <> 'member'))";

/// The condition for viewer `?2` to see a file: its message is `m`, the viewer's membership `x`, the room `r`.
const VISIBLE: &str = "m.deleted_at IS NULL AND (m.to_user_id IS NULL OR m.to_user_id = ?2 OR m.user_id = ?2) \
                       AND (r.history = 'all' OR m.seq >= x.joined_rev)";

fn read(c: &mut Columns<'_>) -> Result<Stored, Fault> {
    let (id, hash): (FileId, _) = (c.next()?, c.next()?);
    let (thumb_hash, thumb_type): (Option<String>, Option<String>) = (c.next()?, c.next()?);
    let file = File {
        id,
        name: c.next()?,
        media_type: c.next()?,
        size: c.next()?,
        url: format!("/files/{id}"),
        width: c.next()?,
        height: c.next()?,
        thumbnail_url: thumb_hash.as_ref().map(|_| format!("/files/{id}/thumbnail")),
        animated: c.next()?,
        placeholder: c.next()?,
    };
    Ok(Stored { file, hash, thumbnail: thumb_hash.zip(thumb_type) })
}

/// Stores an upload, which waits for a message until [`sweep`] deletes it.
///
/// # Errors
/// `filtered` with the field `file` for its name; `too_many` when more would wait, or be stored, than one user may have.
pub fn add(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: NewFile) -> Result<File> {
    limits.check_words("file", &new.name)?;
    quota::lock(tx, me)?;
    quota::check(tx, limits, me, new.size, true)?;
    insert(tx, now, me, new)
}

/// Stores files of a message that is sent in the same transaction.
pub(super) fn add_all(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: Vec<NewFile>) -> Result<Vec<FileId>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    new.iter().try_for_each(|file| limits.check_words("file", &file.name))?;
    quota::lock(tx, me)?;
    quota::check(tx, limits, me, new.iter().map(|file| file.size).sum(), false)?;
    new.into_iter().map(|file| insert(tx, now, me, file).map(|file| file.id)).collect()
}

fn insert(tx: &mut Tx, now: i64, me: UserId, new: NewFile) -> Result<File> {
    let id = FileId::new(now);
    tx.execute(
        "INSERT INTO files (id, hash, thumb_hash, thumb_type, name, media_type, size, width, height, animated,
           placeholder, is_picture, user_id, place, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, ?14)",
        &[
            &id,
            &new.hash,
            &new.thumb_hash,
            &new.thumb_type,
            &text::file_name(&new.name),
            &new.media_type,
            &new.size,
            &new.width,
            &new.height,
            &new.animated,
            &new.placeholder,
            &i64::from(new.width.is_some()),
            &me,
            &now,
        ],
    )?;
    static INSERTED: LazyLock<String> = LazyLock::new(|| format!("SELECT {COLUMNS} FROM files f WHERE f.id = ?1"));
    Ok(tx.query_one(&INSERTED, &[&id], |row| read(&mut row.columns()))?.file)
}

/// Returns a file with the names of its bytes: to its uploader until a message has it, then to every member who may
/// see the message, and of a hidden or reported one to those who decide about it.
///
/// # Errors
/// `not_found`, also for a viewer who may not see it.
pub fn get_visible(tx: &mut Tx, viewer: UserId, id: FileId) -> Result<Stored> {
    static GET_VISIBLE: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} FROM files f WHERE f.id = ?1 AND (
               (f.message_number IS NULL AND f.user_id = ?2)
               OR EXISTS (SELECT 1 FROM messages m JOIN rooms r ON r.id = m.room_id
                          JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
                          WHERE m.number = f.message_number AND {VISIBLE})
               OR EXISTS (SELECT 1 FROM messages m JOIN rooms r ON r.id = m.room_id
                          WHERE m.number = f.message_number AND {MODERATED}))"
        )
    });
    let found = tx.query_opt(&GET_VISIBLE, &[&id, &viewer], |row| read(&mut row.columns()))?;
    found.ok_or(Code::NotFound.into())
}

/// Returns the path of a user's picture, by the hash of its stored bytes.
pub(super) fn picture_url(hash: &str) -> String {
    format!("{PICTURES}{hash}")
}

/// Returns the hash of a user's picture; `None` for one on another server.
pub(super) fn picture_hash(url: &str) -> Option<&str> {
    url.strip_prefix(PICTURES)
}

/// Returns those of the hashes that no file, no user's picture, no archive and no logo has any more: their bytes may be deleted.
///
/// # Errors
/// Only those of the store.
pub fn unreferenced(tx: &mut Tx, hashes: &[String]) -> Result<Vec<String>> {
    static OF_FILES: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT hash FROM files WHERE hash IN {KEYS}
             UNION SELECT thumb_hash FROM files WHERE thumb_hash IN {KEYS}"
        )
    });
    static OF_EXPORTS: LazyLock<String> =
        LazyLock::new(|| format!("SELECT hash FROM exports WHERE hash IS NOT NULL AND hash IN {KEYS}"));
    static OF_PICTURES: LazyLock<String> =
        LazyLock::new(|| format!("SELECT picture FROM users WHERE picture IS NOT NULL AND picture IN {KEYS}"));
    let read = |row: &Row<'_>| row.get::<String>(0);
    let mut needed = in_list::in_chunks(&[], hashes, |params| tx.query_all(&OF_FILES, params, read))?;
    needed.extend(in_list::in_chunks(&[], hashes, |params| tx.query_all(&OF_EXPORTS, params, read))?);
    let urls: Vec<String> = hashes.iter().map(|hash| picture_url(hash)).collect();
    let shown = in_list::in_chunks(&[], &urls, |params| tx.query_all(&OF_PICTURES, params, read))?;
    needed.extend(shown.iter().filter_map(|url| picture_hash(url)).map(str::to_owned));
    needed.extend(server_settings::stored(tx)?.logo_hash().map(str::to_owned));
    let mut free: Vec<String> = hashes.iter().filter(|hash| !needed.contains(hash)).cloned().collect();
    free.sort_unstable();
    free.dedup();
    Ok(free)
}

/// Deletes uploads from before `before` that are on no message, a thousand at a time, and returns the hashes that
/// are not needed any more.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, before: i64) -> Result<Vec<String>> {
    let hashes = tx.query_all(
        "DELETE FROM files WHERE id IN
           (SELECT id FROM files WHERE message_number IS NULL AND created_at < ?1 ORDER BY created_at LIMIT 1000)
         RETURNING hash, thumb_hash",
        &[&before],
        read_hashes,
    )?;
    unreferenced(tx, &hashes.concat())
}

/// Deletes at most `most` files of a room and returns the hashes that each had.
pub(super) fn delete_of_room(tx: &mut Tx, room_id: RoomId, most: u32) -> Result<Vec<Vec<String>>> {
    let sql = "DELETE FROM files WHERE id IN
                 (SELECT id FROM files WHERE room_id = ?1 AND room_id IS NOT NULL ORDER BY id LIMIT ?2)
               RETURNING hash, thumb_hash";
    Ok(tx.query_all(sql, &[&room_id, &most], read_hashes)?)
}

/// Deletes the files of a message and returns the hashes they had.
pub(super) fn delete_of_message(tx: &mut Tx, number: i64) -> Result<Vec<String>> {
    let sql = "DELETE FROM files WHERE message_number = ?1 AND message_number IS NOT NULL RETURNING hash, thumb_hash";
    Ok(tx.query_all(sql, &[&number], read_hashes)?.concat())
}

fn read_hashes(row: &Row<'_>) -> Result<Vec<String>, Fault> {
    let (hash, thumb_hash): (String, Option<String>) = (row.get(0)?, row.get(1)?);
    Ok([hash].into_iter().chain(thumb_hash).collect())
}

/// Puts uploads of the sender on a message, in this order.
pub(super) fn attach(tx: &mut Tx, me: UserId, room_id: RoomId, number: i64, ids: &[FileId]) -> Result<()> {
    for (place, id) in ids.iter().enumerate() {
        let taken = tx.execute(
            "UPDATE files SET message_number = ?3, room_id = ?4, place = ?5
             WHERE id = ?1 AND user_id = ?2 AND message_number IS NULL",
            &[id, &me, &number, &room_id, &(place as u64)],
        )?;
        if taken == 0 {
            return Err(Error::invalid("fileIds", "only one's own uploads that no message has taken"));
        }
    }
    Ok(())
}

/// Returns the files of messages, each with the number of its message, in their order on it.
pub(super) fn of_messages(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<(i64, File)>> {
    static OF_MESSAGES: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT f.message_number, {COLUMNS} FROM files f
             WHERE f.message_number IS NOT NULL AND f.message_number IN {KEYS} ORDER BY f.message_number, f.place"
        )
    });
    in_list::in_chunks(&[], numbers, |params| {
        tx.query_all(&OF_MESSAGES, params, |row| {
            let mut c = row.columns();
            Ok((c.next()?, read(&mut c)?.file))
        })
    })
}

#[cfg(test)]
mod tests;
