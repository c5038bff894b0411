//! The messages around a reported one, as they were.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::message::Reportable;
use crate::chat::{Tx, file};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::ids::UserId;

/// Messages before the reported one, and after it.
const BEFORE: u32 = 5;
const AFTER: u32 = 2;
/// Characters of those around it. The reported one is kept whole.
const TEXT_MAX: usize = 1_000;

/// A message of the context. It stays as it was, whatever happens to the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quoted {
    pub seq: i64,
    pub user_id: Option<UserId>,
    pub name: String,
    pub text: String,
    /// The names of its files.
    pub files: Vec<String>,
    /// Where those of the reported one are, while they are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_urls: Vec<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// Whether it is the reported one.
    pub is_reported: bool,
}

/// Returns the reported message and those around it that the reporter may see; of a whisper only itself.
pub(super) fn around(tx: &mut Tx, reported: &Reportable) -> Result<Vec<Quoted>> {
    let columns = "m.number, m.seq, m.user_id, u.name, COALESCE(h.text, m.text), m.created_at";
    let tables = "messages m LEFT JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
                    LEFT JOIN hidden_messages h ON h.message_number = m.number";
    let public = "m.room_id = ?1 AND m.to_user_id IS NULL AND m.kind = 'text' AND m.deleted_at IS NULL AND m.seq >= ?2";
    let before = format!("SELECT {columns} FROM {tables} WHERE {public} AND m.seq < ?3 ORDER BY m.seq DESC LIMIT ?4");
    let after = format!("SELECT {columns} FROM {tables} WHERE {public} AND m.seq > ?3 ORDER BY m.seq LIMIT ?4");
    let itself = format!("SELECT {columns} FROM {tables} WHERE m.number = ?1");
    let Reportable { number, room_id, seq, first_seq, is_whisper, .. } = reported;
    let mut found = Vec::new();
    if !is_whisper {
        found.extend(tx.query_all(&before, &[room_id, first_seq, seq, &BEFORE], read)?);
        found.reverse();
    }
    found.extend(tx.query_all(&itself, &[number], read)?);
    if !is_whisper {
        found.extend(tx.query_all(&after, &[room_id, first_seq, seq, &AFTER], read)?);
    }
    let numbers: Vec<i64> = found.iter().map(|(number, _)| *number).collect();
    for (of, file) in file::of_messages(tx, &numbers)? {
        let quoted = found.iter_mut().find(|(number, _)| *number == of);
        if let Some((_, quoted)) = quoted {
            quoted.files.push(file.name.clone());
            if of == *number {
                quoted.file_urls.push(file.url.clone());
            }
        }
    }
    let cut = |text: String| text.chars().take(TEXT_MAX).collect();
    let quoted = found.into_iter().map(|(at, quoted)| match at == *number {
        true => Quoted { is_reported: true, ..quoted },
        false => Quoted { text: cut(quoted.text), ..quoted },
    });
    Ok(quoted.collect())
}

fn read(row: &crate::db::Row<'_>) -> Result<(i64, Quoted), crate::db::Fault> {
    let mut c = row.columns();
    let number = c.next()?;
    let (seq, user_id, name) = (c.next()?, c.next()?, c.next::<Option<String>>()?);
    let (text, created_at): (String, i64) = (c.next()?, c.next()?);
    let (name, created_at) = (name.unwrap_or_default(), rfc3339(created_at));
    Ok((
        number,
        Quoted { seq, user_id, name, text, files: Vec::new(), file_urls: Vec::new(), created_at, is_reported: false },
    ))
}
