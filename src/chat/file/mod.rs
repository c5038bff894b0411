//! Files that messages carry.

mod gallery;
mod needed;
mod quota;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Limits, Tx};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, RoomId, UserId};
use crate::text;

pub use gallery::{Entry, Kind, Origin, gallery};
pub use needed::{needed, needed_by};
pub use quota::check as check_quota;

/// A stored file as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    pub id: FileId,
    pub name: String,
    /// The media type, from the content alone: a picture is one of our own making, and what nobody
    /// knows is `application/octet-stream`.
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

/// A file whose bytes are stored already.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// SHA-256 of the stored bytes, in hexadecimal.
    pub hash: String,
    pub thumb_hash: Option<String>,
    pub thumb_type: Option<String>,
    /// As its uploader called it; cleaned here.
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

/// A file with the names of its bytes, for who serves them.
#[derive(Clone, Debug)]
pub struct Stored {
    pub file: File,
    pub hash: String,
    /// The hash of the thumbnail and its media type.
    pub thumbnail: Option<(String, String)>,
}

/// What the address of a person's picture begins with.
const PICTURES: &str = "/pictures/";

/// How many columns [`read`] takes.
const WIDTH: usize = 11;

macro_rules! file_columns {
    () => {
        "f.id, f.hash, f.thumb_hash, f.thumb_type, f.name, f.media_type, f.size, f.width, f.height, f.animated, \
         f.placeholder"
    };
}
use file_columns;

/// What lets viewer `?2` see a file: its message `m`, the viewer's membership `x` and the room `r`.
macro_rules! visible {
    () => {
        "m.deleted_at IS NULL AND (m.to_user_id IS NULL OR m.to_user_id = ?2 OR m.user_id = ?2)
         AND (r.history = 'all' OR m.seq >= x.joined_rev)"
    };
}
use visible;

fn read(row: &Row<'_>) -> Result<Stored, Fault> {
    let id: FileId = row.get(0)?;
    let thumb_hash: Option<String> = row.get(2)?;
    let file = File {
        id,
        name: row.get(4)?,
        media_type: row.get(5)?,
        size: row.get(6)?,
        url: format!("/files/{id}"),
        width: row.get(7)?,
        height: row.get(8)?,
        thumbnail_url: thumb_hash.as_ref().map(|_| format!("/files/{id}/thumbnail")),
        animated: row.get(9)?,
        placeholder: row.get(10)?,
    };
    let thumb_type: Option<String> = row.get(3)?;
    Ok(Stored { file, hash: row.get(1)?, thumbnail: thumb_hash.zip(thumb_type) })
}

/// Keeps a file as its uploader's, until a message takes it or [`sweep`] does.
///
/// # Errors
/// `too_many` when more would wait, or be stored, than one person may have.
pub fn add(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: NewFile) -> Result<File> {
    quota::lock(tx, me)?;
    quota::check(tx, limits, me, new.size, true)?;
    insert(tx, now, me, new)
}

/// Keeps files that a message takes at once.
pub(super) fn add_all(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: Vec<NewFile>) -> Result<Vec<FileId>> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
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
    let sql = concat!("SELECT ", file_columns!(), " FROM files f WHERE f.id = ?1");
    Ok(tx.query_one(sql, &[&id], read)?.file)
}

/// The file and where its bytes are, for its uploader while it waits, and then for every member of
/// its room who may see its message. Everybody else hears what they would hear of a file that is
/// not.
///
/// # Errors
/// `not_found`.
pub fn get_visible(tx: &mut Tx, viewer: UserId, id: FileId) -> Result<Stored> {
    let sql = concat!(
        "SELECT ",
        file_columns!(),
        " FROM files f WHERE f.id = ?1 AND (
           (f.message_number IS NULL AND f.user_id = ?2)
           OR EXISTS (SELECT 1 FROM messages m JOIN rooms r ON r.id = m.room_id
                      JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
                      WHERE m.number = f.message_number AND ",
        visible!(),
        "))"
    );
    tx.query_opt(sql, &[&id, &viewer], read)?.ok_or(Code::NotFound.into())
}

/// Where a person's picture is shown, by the hash of its stored bytes.
pub(super) fn picture_url(hash: &str) -> String {
    format!("{PICTURES}{hash}")
}

/// The hash of a person's picture; `None` for one that lies elsewhere.
pub(super) fn picture_hash(url: &str) -> Option<&str> {
    url.strip_prefix(PICTURES)
}

/// Of these hashes, those that no file and no person has any more: their bytes may go.
///
/// # Errors
/// Only those of the store.
pub fn unreferenced(tx: &mut Tx, hashes: &[String]) -> Result<Vec<String>> {
    let sql = concat!(
        "SELECT hash FROM files WHERE hash IN ",
        super::many!(1),
        " UNION SELECT thumb_hash FROM files WHERE thumb_hash IN ",
        super::many!(1)
    );
    let mut needed = super::in_chunks(&[], hashes, |params| tx.query_all(sql, params, |row| row.get::<String>(0)))?;
    let sql = concat!("SELECT picture FROM users WHERE picture IS NOT NULL AND picture IN ", super::many!(1));
    let urls: Vec<String> = hashes.iter().map(|hash| picture_url(hash)).collect();
    let shown = super::in_chunks(&[], &urls, |params| tx.query_all(sql, params, |row| row.get::<String>(0)))?;
    needed.extend(shown.iter().filter_map(|url| picture_hash(url)).map(str::to_owned));
    let mut free: Vec<String> = hashes.iter().filter(|hash| !needed.contains(hash)).cloned().collect();
    free.sort_unstable();
    free.dedup();
    Ok(free)
}

/// Forgets uploads from before `before` that no message took, a thousand at a time, and returns
/// the hashes that nobody needs any more.
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
    Ok([Some(row.get(0)?), row.get(1)?].into_iter().flatten().collect())
}

/// Gives uploads of the sender to a message, in this order.
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

/// The files of messages, each with the number of its message, in their order on it.
pub(super) fn of_messages(tx: &mut Tx, numbers: &[i64]) -> Result<Vec<(i64, File)>> {
    let sql = concat!(
        "SELECT ",
        file_columns!(),
        ", f.message_number FROM files f WHERE f.message_number IS NOT NULL AND f.message_number IN ",
        super::many!(1),
        " ORDER BY f.message_number, f.place"
    );
    super::in_chunks(&[], numbers, |params| tx.query_all(sql, params, |row| Ok((row.get(WIDTH)?, read(row)?.file))))
}

#[cfg(test)]
mod tests;
