//! What must be true of everything that is stored, looked at as a whole.

use serde::{Deserialize, Serialize};

use super::Tx;
use crate::error::Result;
use crate::ids::RoomId;

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub rooms: u64,
    pub messages: u64,
    pub people: u64,
    pub files: u64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rooms, messages, people, files } = self;
        write!(f, "rooms: {rooms}, messages: {messages}, people: {people}, files: {files}")
    }
}

/// # Errors
/// Only those of the store.
pub fn counts(tx: &mut Tx) -> Result<Counts> {
    let sql = "SELECT (SELECT COUNT(*) FROM rooms), (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM users),
                 (SELECT COUNT(*) FROM files)";
    let read = |row: &crate::db::Row<'_>| {
        Ok(Counts { rooms: row.get(0)?, messages: row.get(1)?, people: row.get(2)?, files: row.get(3)? })
    };
    Ok(tx.query_one(sql, &[], read)?)
}

/// What is wrong with rooms and their messages, a sentence each: numbers beyond the room's, numbers
/// twice, members counted wrong, messages of no room.
///
/// # Errors
/// Only those of the store.
pub fn faults(tx: &mut Tx) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let rooms = "SELECT id, rev, public_rev, member_count, (SELECT COUNT(*) FROM members m WHERE m.room_id = r.id)
                 FROM rooms r";
    let rooms = tx.query_all(rooms, &[], |row| {
        Ok(Numbers { id: row.get(0)?, rev: row.get(1)?, public_rev: row.get(2)?, members: (row.get(3)?, row.get(4)?) })
    })?;
    for room in rooms {
        faults.extend(room.faults(tx)?);
    }
    // A room that was removed is swept a few hundred rows at a time.
    let strays = "SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room_id)
                    AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.room_id = m.room_id AND t.is_swept = 0)";
    let strays: i64 = tx.query_one(strays, &[], |row| row.get(0))?;
    if strays > 0 {
        faults.push(format!("messages: {strays} are of no room"));
    }
    Ok(faults)
}

/// The numbers that a room keeps.
struct Numbers {
    id: RoomId,
    rev: i64,
    public_rev: i64,
    /// As kept, and as counted.
    members: (i64, i64),
}

impl Numbers {
    fn faults(&self, tx: &mut Tx) -> Result<Vec<String>> {
        let Self { id, rev, public_rev, members } = self;
        let mut faults = Vec::new();
        let mut expect = |is_true: bool, what: String| {
            if !is_true {
                faults.push(format!("room {id}: {what}"));
            }
        };
        // Two ranges of one index each, as no index has both.
        let sql = "SELECT COUNT(*), COUNT(DISTINCT seq), COUNT(DISTINCT rev), COALESCE(MAX(seq), 0),
                     COALESCE(MAX(rev), 0), COALESCE(MIN(rev - seq), 0), COALESCE(MIN(seq), 1)
                   FROM (SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NULL
                         UNION ALL SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL) AS said";
        let found: Vec<i64> = tx.query_one(sql, &[id], |row| (0..7).map(|column| row.get(column)).collect())?;
        let [count, seqs, revs, last_seq, last_rev, least_gap, first_seq] = found[..] else { return Ok(faults) };
        expect(last_seq <= *rev, format!("a message has the number {last_seq}, and the room's rev is {rev}"));
        expect(last_rev <= *rev, format!("a message has the rev {last_rev}, and the room's is {rev}"));
        expect(seqs == count, format!("{} messages have a number that another has", count - seqs));
        expect(revs == count, format!("{} messages have a rev that another has", count - revs));
        expect(least_gap >= 0, "a message's rev is below its number".to_owned());
        expect(first_seq >= 1, format!("a message has the number {first_seq}"));
        expect(public_rev <= rev, format!("its public rev is {public_rev}, beyond its rev {rev}"));
        expect(members.0 == members.1, format!("it counts {} members and has {}", members.0, members.1));
        Ok(faults)
    }
}
