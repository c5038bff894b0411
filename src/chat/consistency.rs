//! The consistency check of the whole store.

use serde::{Deserialize, Serialize};

use super::Tx;
use crate::error::Result;
use crate::ids::RoomId;

/// The number of rows of each kind.
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

/// Counts the rows.
///
/// # Errors
/// Only those of the store.
pub fn counts(tx: &mut Tx) -> Result<Counts> {
    let sql = "SELECT (SELECT COUNT(*) FROM rooms), (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM users),
                 (SELECT COUNT(*) FROM files)";
    Ok(tx.query_one(sql, &[], |row| {
        let mut c = row.columns();
        Ok(Counts { rooms: c.next()?, messages: c.next()?, people: c.next()?, files: c.next()? })
    })?)
}

/// Returns what is wrong with rooms and their messages, a sentence each: numbers beyond the room's, duplicate
/// numbers, wrong member counts, messages without a room.
///
/// # Errors
/// Only those of the store.
pub fn faults(tx: &mut Tx) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let rooms = "SELECT id, rev, public_rev, member_count, (SELECT COUNT(*) FROM members m WHERE m.room_id = r.id)
                 FROM rooms r";
    let rooms = tx.query_all(rooms, &[], |row| {
        let mut c = row.columns();
        Ok(Numbers {
            id: c.next()?,
            rev: c.next()?,
            public_rev: c.next()?,
            member_count: c.next()?,
            members: c.next()?,
        })
    })?;
    for room in rooms {
        faults.extend(room.faults(tx)?);
    }
    // The rows of a removed room are deleted step by step.
    let strays = "SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room_id)
                    AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.room_id = m.room_id AND t.is_swept = 0)";
    let strays: i64 = tx.query_one(strays, &[], |row| row.get(0))?;
    if strays > 0 {
        faults.push(format!("messages: {strays} belong to no room"));
    }
    Ok(faults)
}

/// The counters of a room.
struct Numbers {
    id: RoomId,
    rev: i64,
    public_rev: i64,
    /// As stored in the row of the room.
    member_count: i64,
    /// As counted.
    members: i64,
}

impl Numbers {
    fn faults(&self, tx: &mut Tx) -> Result<Vec<String>> {
        let Self { id, rev, public_rev, member_count, members } = self;
        let mut faults = Vec::new();
        let mut expect = |is_true: bool, what: String| {
            if !is_true {
                faults.push(format!("room {id}: {what}"));
            }
        };
        // Two ranges, each of its own index, as no index has both.
        let sql = "SELECT COUNT(*), COUNT(DISTINCT seq), COUNT(DISTINCT rev), COALESCE(MAX(seq), 0),
                     COALESCE(MAX(rev), 0), COALESCE(MIN(rev - seq), 0), COALESCE(MIN(seq), 1)
                   FROM (SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NULL
                         UNION ALL SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL) AS said";
        let [count, seqs, revs, last_seq, last_rev, least_gap, first_seq] = tx.query_one(sql, &[id], |row| {
            let mut c = row.columns();
            Ok([c.next()?, c.next()?, c.next()?, c.next()?, c.next()?, c.next()?, c.next::<i64>()?])
        })?;
        expect(last_seq <= *rev, format!("a message has the number {last_seq}, and the room's rev is {rev}"));
        expect(last_rev <= *rev, format!("a message has the rev {last_rev}, and the room's is {rev}"));
        expect(seqs == count, format!("{} messages have a number that another has", count - seqs));
        expect(revs == count, format!("{} messages have a rev that another has", count - revs));
        expect(least_gap >= 0, "a message's rev is below its number".to_owned());
        expect(first_seq >= 1, format!("a message has the number {first_seq}"));
        expect(public_rev <= rev, format!("its public rev is {public_rev}, beyond its rev {rev}"));
        expect(member_count == members, format!("it counts {member_count} members and has {members}"));
        Ok(faults)
    }
}
