//! The final content of the database and the files, read without the server's code.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::fixtures::Fixtures;
use crate::history::{RoomIndex, State, UserIndex};

/// The rooms of the run as they are stored.
pub(crate) struct Store {
    pub(crate) rooms: BTreeMap<RoomIndex, StoredRoom>,
    /// Files whose bytes are missing or wrong.
    pub(crate) damaged_files: Vec<String>,
    /// Stored files without a row. The daily sweep removes what a kill left.
    pub(crate) orphans: Vec<String>,
    /// Uploads that a kill interrupted. The next start removes them.
    pub(crate) incomplete_uploads: usize,
}

#[derive(Default)]
pub(crate) struct StoredRoom {
    pub(crate) rev: i64,
    pub(crate) max: i64,
    pub(crate) member_count: i64,
    pub(crate) members: Vec<UserIndex>,
    /// Events that its hooks did not get, as too many waited.
    pub(crate) left_out: usize,
    /// By seq.
    pub(crate) messages: BTreeMap<i64, Row>,
    /// Seqs that two messages have.
    pub(crate) duplicate_seqs: Vec<i64>,
}

pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) is_deleted: bool,
    /// The event of a system message, and the user that it is about.
    pub(crate) system: Option<(String, Option<UserIndex>)>,
    /// The hashes of its files.
    pub(crate) files: Vec<String>,
}

impl Store {
    /// Reads the data folder of a server that does not run.
    pub(crate) fn read(data: &Path, fixtures: &Fixtures) -> Result<Self> {
        let db = Connection::open_with_flags(data.join("madang.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let users: HashMap<Vec<u8>, UserIndex> =
            fixtures.users.iter().zip(0..).map(|(p, user)| (id_bytes(&p.id), user)).collect();
        let mut rooms = BTreeMap::new();
        for (index, room) in (0..).zip(&fixtures.rooms) {
            rooms.insert(index, StoredRoom::read(&db, &id_bytes(&room.id), &users)?);
        }
        let (damaged_files, orphans) = files(&db, data)?;
        let incomplete_uploads = std::fs::read_dir(data.join("incoming"))?.count();
        Ok(Self { rooms, damaged_files, orphans, incomplete_uploads })
    }
}

/// Runs SQLite's own integrity check.
pub(crate) fn check_integrity(data: &Path) -> Result<()> {
    let db = Connection::open_with_flags(data.join("madang.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(format!("the database is damaged: {verdict}").into()) }
}

impl StoredRoom {
    fn read(db: &Connection, id: &[u8], users: &HashMap<Vec<u8>, UserIndex>) -> Result<Self> {
        let mut room = Self::default();
        let query = "SELECT rev, max, member_count FROM rooms WHERE id = ?1";
        (room.rev, room.max, room.member_count) =
            db.query_row(query, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let left_out = "SELECT COALESCE(SUM(left_out), 0) FROM hooks WHERE room_id = ?1";
        room.left_out = usize::try_from(db.query_row(left_out, [id], |row| row.get::<_, i64>(0))?)?;
        let mut members = db.prepare("SELECT user_id FROM members WHERE room_id = ?1")?;
        for member in members.query_map([id], |row| row.get::<_, Vec<u8>>(0))? {
            room.members.extend(users.get(&member?));
        }
        let mut messages = db.prepare(
            "SELECT seq, rev, id, user_id, to_user_id, text, kind, key, deleted_at, system, number
             FROM messages WHERE room_id = ?1 ORDER BY seq",
        )?;
        let mut hashes = db.prepare("SELECT hash FROM files WHERE message_number = ?1 ORDER BY place")?;
        let mut rows = messages.query([id])?;
        while let Some(row) = rows.next()? {
            let user = |column: usize| -> Result<Option<UserIndex>> {
                Ok(row.get::<_, Option<Vec<u8>>>(column)?.and_then(|id| users.get(&id).copied()))
            };
            let kind: String = row.get(6)?;
            let state = State {
                seq: row.get(0)?,
                rev: row.get(1)?,
                id: id_text(&row.get::<_, Vec<u8>>(2)?).into(),
                sender: user(3)?,
                to: user(4)?,
                text: row.get::<_, String>(5)?.into(),
                is_system: kind == "system",
            };
            let system = row.get::<_, Option<String>>(9)?.map(|text| system(&text, users)).transpose()?;
            let files = hashes.query_map([row.get::<_, i64>(10)?], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let seq = state.seq;
            let key = row.get::<_, Option<String>>(7)?.map(Arc::from);
            let is_deleted = row.get::<_, Option<i64>>(8)?.is_some();
            if room.messages.insert(seq, Row { state, key, is_deleted, system, files }).is_some() {
                room.duplicate_seqs.push(seq);
            }
        }
        Ok(room)
    }
}

fn system(text: &str, users: &HashMap<Vec<u8>, UserIndex>) -> Result<(String, Option<UserIndex>)> {
    let line: Value = serde_json::from_str(text)?;
    let whom = line["user"].as_str().and_then(|id| users.get(&id_bytes(id)).copied());
    Ok((line["event"].as_str().unwrap_or_default().to_owned(), whom))
}

/// Compares the stored files with their rows. Returns the damaged ones and those without a row.
fn files(db: &Connection, data: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let mut wanted =
        db.prepare("SELECT hash FROM files UNION SELECT thumb_hash FROM files WHERE thumb_hash IS NOT NULL")?;
    let mut missing: Vec<String> = wanted.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let (mut damaged, mut orphans) = (Vec::new(), Vec::new());
    for prefix in std::fs::read_dir(data.join("files"))?.flatten() {
        for file in std::fs::read_dir(prefix.path())?.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if hash(&std::fs::read(file.path())?) != name {
                damaged.push(name.clone());
            }
            match missing.iter().position(|hash| *hash == name) {
                Some(index) => drop(missing.swap_remove(index)),
                None => orphans.push(name),
            }
        }
    }
    damaged.append(&mut missing);
    Ok((damaged, orphans))
}

/// The name of a stored file: the SHA-256 of its bytes in lower-case hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Formats an id as 26 characters of Crockford's base 32.
fn id_text(bytes: &[u8]) -> String {
    let value = bytes.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    (0..26).rev().map(|place| char::from(ALPHABET[(value >> (5 * place)) as usize & 31])).collect()
}

/// Parses an id into its 16 bytes.
fn id_bytes(text: &str) -> Vec<u8> {
    let digit = |c: u8| ALPHABET.iter().position(|known| *known == c).unwrap_or_default() as u128;
    text.bytes().fold(0u128, |value, c| value << 5 | digit(c)).to_be_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_both_conversions() {
        let text = "01kaf8w3m5v7yez35wq7qd8rxz";
        assert_eq!(id_text(&id_bytes(text)), text);
        assert_eq!(id_bytes("0000000000000000000000000z"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31]);
    }
}
