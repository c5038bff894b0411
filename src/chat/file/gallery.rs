//! All files of a room, the newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{File, WIDTH, file_columns, read, visible};
use crate::chat::user::{self, User, user_columns};
use crate::chat::{Limits, Tx, member};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::ids::{FileId, MessageId, RoomId, UserId};

/// A file of a room and where it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    pub file: File,
    pub message: Origin,
}

/// The message that carries a file, as far as a list of files shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    pub id: MessageId,
    pub seq: i64,
    pub user: Option<User>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

/// What a list of files is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Pictures.
    #[default]
    Image,
    /// Everything else.
    File,
}

/// Files come by the age of their upload, which is nearly that of their message and, unlike it, is
/// one place for each of several files on one message. Whispers between others are walked over.
macro_rules! newest {
    ($which:literal) => {
        concat!(
            "SELECT ",
            file_columns!(),
            ", m.id, m.seq, m.created_at, ",
            user_columns!("u"),
            " FROM files f JOIN messages m ON m.number = f.message_number JOIN rooms r ON r.id = f.room_id
             JOIN members x ON x.room_id = f.room_id AND x.user_id = ?2 LEFT JOIN users u ON u.id = m.user_id
             WHERE f.room_id = ?1 AND f.is_picture = ",
            $which,
            " AND f.id < ?3 AND ",
            visible!(),
            " ORDER BY f.id DESC LIMIT ?4"
        )
    };
}

/// Files of one kind that the viewer may see, the newest first, from before the file `before`; and
/// the file to ask on from, if there are more.
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
        Kind::Image => newest!("1"),
        Kind::File => newest!("0"),
    };
    let before = before.unwrap_or(FileId::from_u128(u128::MAX));
    let mut entries = tx.query_all(sql, &[&room_id, &viewer, &before, &(limit as u64 + 1)], |row| {
        let message = Origin {
            id: row.get(WIDTH)?,
            seq: row.get(WIDTH + 1)?,
            created_at: rfc3339(row.get(WIDTH + 2)?),
            user: user::read(row, WIDTH + 3)?,
        };
        Ok(Entry { file: read(row)?.file, message })
    })?;
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| has_more).map(|last| last.file.id);
    Ok((entries, next))
}
