//! What the database says in the end, read from the file itself with our own eyes.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Outcome;
use crate::cast::Cast;
use crate::history::{Room, State, Who};

/// The rooms of the run as the store has them.
pub(crate) struct Store {
    pub(crate) rooms: BTreeMap<Room, Kept>,
    /// Files whose bytes are not there, or are others.
    pub(crate) harmed_files: Vec<String>,
    /// Stored bytes without a row: the daily sweep takes what a kill left.
    pub(crate) orphans: Vec<String>,
    /// Uploads that were broken off by a kill: the next start takes them.
    pub(crate) unfinished: usize,
}

#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) rev: i64,
    pub(crate) max: i64,
    pub(crate) member_count: i64,
    pub(crate) members: Vec<Who>,
    /// By seq.
    pub(crate) messages: BTreeMap<i64, Row>,
    /// Seqs that two messages have.
    pub(crate) twice: Vec<i64>,
}

pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) is_deleted: bool,
    /// What a system line tells, and whom it befell.
    pub(crate) system: Option<(String, Option<Who>)>,
    /// The hashes of its files.
    pub(crate) files: Vec<String>,
}

impl Store {
    /// Reads the data folder of a program that does not run.
    pub(crate) fn read(data: &Path, cast: &Cast) -> Outcome<Self> {
        let db = Connection::open_with_flags(data.join("madang.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let people: HashMap<Vec<u8>, Who> =
            cast.people.iter().zip(0..).map(|(p, who)| (id_bytes(&p.id), who)).collect();
        let mut rooms = BTreeMap::new();
        for (place, room) in (0..).zip(&cast.rooms) {
            rooms.insert(place, Kept::read(&db, &id_bytes(&room.id), &people)?);
        }
        let (harmed_files, orphans) = files(&db, data)?;
        let unfinished = std::fs::read_dir(data.join("incoming"))?.count();
        Ok(Self { rooms, harmed_files, orphans, unfinished })
    }
}

/// Whether the engine finds its file whole.
pub(crate) fn check_integrity(data: &Path) -> Outcome<()> {
    let db = Connection::open_with_flags(data.join("madang.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(format!("the database is harmed: {verdict}").into()) }
}

impl Kept {
    fn read(db: &Connection, id: &[u8], people: &HashMap<Vec<u8>, Who>) -> Outcome<Self> {
        let mut kept = Self::default();
        let room = "SELECT rev, max, member_count FROM rooms WHERE id = ?1";
        (kept.rev, kept.max, kept.member_count) =
            db.query_row(room, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut members = db.prepare("SELECT user_id FROM members WHERE room_id = ?1")?;
        for member in members.query_map([id], |row| row.get::<_, Vec<u8>>(0))? {
            kept.members.extend(people.get(&member?));
        }
        let mut messages = db.prepare(
            "SELECT seq, rev, id, user_id, to_user_id, text, kind, key, deleted_at, system, number
             FROM messages WHERE room_id = ?1 ORDER BY seq",
        )?;
        let mut hashes = db.prepare("SELECT hash FROM files WHERE message_number = ?1 ORDER BY place")?;
        let mut rows = messages.query([id])?;
        while let Some(row) = rows.next()? {
            let who = |column: usize| -> Outcome<Option<Who>> {
                Ok(row.get::<_, Option<Vec<u8>>>(column)?.and_then(|id| people.get(&id).copied()))
            };
            let kind: String = row.get(6)?;
            let state = State {
                seq: row.get(0)?,
                rev: row.get(1)?,
                id: id_text(&row.get::<_, Vec<u8>>(2)?).into(),
                sender: who(3)?,
                to: who(4)?,
                text: row.get::<_, String>(5)?.into(),
                is_system: kind == "system",
            };
            let system = row.get::<_, Option<String>>(9)?.map(|text| system(&text, people)).transpose()?;
            let files = hashes.query_map([row.get::<_, i64>(10)?], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let seq = state.seq;
            let key = row.get::<_, Option<String>>(7)?.map(Arc::from);
            let is_deleted = row.get::<_, Option<i64>>(8)?.is_some();
            if kept.messages.insert(seq, Row { state, key, is_deleted, system, files }).is_some() {
                kept.twice.push(seq);
            }
        }
        Ok(kept)
    }
}

fn system(text: &str, people: &HashMap<Vec<u8>, Who>) -> Outcome<(String, Option<Who>)> {
    let line: Value = serde_json::from_str(text)?;
    let whom = line["user"].as_str().and_then(|id| people.get(&id_bytes(id)).copied());
    Ok((line["event"].as_str().unwrap_or_default().to_owned(), whom))
}

/// Holds the stored bytes against the rows: those that are harmed, and those that nobody needs.
fn files(db: &Connection, data: &Path) -> Outcome<(Vec<String>, Vec<String>)> {
    let mut wanted =
        db.prepare("SELECT hash FROM files UNION SELECT thumb_hash FROM files WHERE thumb_hash IS NOT NULL")?;
    let mut missing: Vec<String> = wanted.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let (mut harmed, mut orphans) = (Vec::new(), Vec::new());
    for shelf in std::fs::read_dir(data.join("files"))?.flatten() {
        for file in std::fs::read_dir(shelf.path())?.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if hash(&std::fs::read(file.path())?) != name {
                harmed.push(name.clone());
            }
            match missing.iter().position(|hash| *hash == name) {
                Some(place) => drop(missing.swap_remove(place)),
                None => orphans.push(name),
            }
        }
    }
    harmed.append(&mut missing);
    Ok((harmed, orphans))
}

/// The name of stored bytes: their SHA-256 in lower-case hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// An id as the wire has it: 26 characters of Crockford's base 32.
fn id_text(bytes: &[u8]) -> String {
    let value = bytes.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    (0..26).rev().map(|place| char::from(ALPHABET[(value >> (5 * place)) as usize & 31])).collect()
}

/// An id as the store has it: 16 bytes.
fn id_bytes(text: &str) -> Vec<u8> {
    let digit = |c: u8| ALPHABET.iter().position(|known| *known == c).unwrap_or_default() as u128;
    text.bytes().fold(0u128, |value, c| value << 5 | digit(c)).to_be_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_in_both_writings() {
        let text = "01kaf8w3m5v7yez35wq7qd8rxz";
        assert_eq!(id_text(&id_bytes(text)), text);
        assert_eq!(id_bytes("0000000000000000000000000z"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31]);
    }
}
