//! The list of the files of a room, the newest first.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{COLUMNS, File, VISIBLE, read};
use crate::chat::user::{self, User};
use crate::chat::{Limits, Tx, member};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::ids::{FileId, MessageId, RoomId, UserId};

/// A file of a room with its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    pub file: File,
    pub message: Origin,
}

/// The message of a file, as far as a list of files shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub id: MessageId,
    pub seq: i64,
    pub user: Option<User>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

/// The kind of files in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Pictures.
    #[default]
    Image,
    /// Everything else.
    File,
}

static PICTURES: LazyLock<String> = LazyLock::new(|| newest(1));
static OTHER_FILES: LazyLock<String> = LazyLock::new(|| newest(0));

/// Orders files by their id, so by the time of their upload: unlike the message it tells several files of one
/// message apart. Whispers between others are skipped row by row.
fn newest(is_picture: u8) -> String {
    let user = user::columns("u");
    format!(
        "SELECT {COLUMNS}, m.id, m.seq, {user}, m.created_at
         FROM files f JOIN messages m ON m.number = f.message_number JOIN rooms r ON r.id = f.room_id
         JOIN members x ON x.room_id = f.room_id AND x.user_id = ?2 LEFT JOIN users u ON u.id = m.user_id
         WHERE f.room_id = ?1 AND f.is_picture = {is_picture} AND f.id < ?3 AND {VISIBLE}
         ORDER BY f.id DESC LIMIT ?4"
    )
}

/// Returns files of one kind that the viewer may see, the newest first, from before the file `before`; and the file
/// to go on from, if there are more.
///
/// # Errors
/// `invalid` with the field `limit`; `room_not_found`, `not_a_member`.
pub fn gallery(
    tx: &mut Tx,
    limits: &Limits,
    viewer: UserId,
    room_id: RoomId,
    kind: Kind,
    before: Option<FileId>,
    limit: u32,
) -> Result<(Vec<Entry>, Option<FileId>)> {
    let limit = limits.page(limit)? as usize;
    member::role(tx, viewer, room_id)?;
    let sql = match kind {
        Kind::Image => &PICTURES,
        Kind::File => &OTHER_FILES,
    };
    let before = before.unwrap_or(FileId::from_u128(u128::MAX));
    let mut entries = tx.query_all(sql, &[&room_id, &viewer, &before, &(limit as u64 + 1)], |row| {
        let mut c = row.columns();
        let file = read(&mut c)?.file;
        let (id, seq, user) = (c.next()?, c.next()?, user::read(&mut c)?);
        Ok(Entry { file, message: Origin { id, seq, user, created_at: rfc3339(c.next()?) } })
    })?;
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| has_more).map(|last| last.file.id);
    Ok((entries, next))
}
