//! Checks the consistency of everything that is stored.

use serde::{Deserialize, Serialize};

use super::{Tx, audit};
use crate::error::Result;
use crate::ids::RoomId;

/// The number of stored things.
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
        let Self { rooms, messages, people, files } = *self;
        let part = |count: u64, noun: &str| match count {
            1 => format!("1 {noun}"),
            count => format!("{} {noun}s", grouped(count)),
        };
        let parts = [part(rooms, "room"), part(messages, "message"), part(people, "user"), part(files, "file")];
        f.write_str(&parts.join(", "))
    }
}

/// Returns a number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let is_boundary = |index: usize| index > 0 && (digits.len() - index).is_multiple_of(3);
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        grouped.extend(is_boundary(index).then_some(','));
        grouped.push(digit);
    }
    grouped
}

/// Counts what is stored.
///
/// # Errors
/// Only those of the database.
pub fn counts(tx: &mut Tx) -> Result<Counts> {
    let sql = "SELECT (SELECT COUNT(*) FROM rooms), (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM users),
                 (SELECT COUNT(*) FROM files)";
    Ok(tx.query_one(sql, &[], |row| {
        let mut c = row.columns();
        Ok(Counts { rooms: c.next()?, messages: c.next()?, people: c.next()?, files: c.next()? })
    })?)
}

/// Returns the errors in the numbering of rooms and messages, in member counts and in references, one
/// message each.
///
/// # Errors
/// Only those of the database.
pub fn errors(tx: &mut Tx) -> Result<Vec<String>> {
    let mut errors = Vec::new();
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
        errors.extend(room.errors(tx)?);
    }
    // The content of a removed room is deleted a few hundred rows at a time.
    let strays = "SELECT COUNT(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room_id)
                    AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.room_id = m.room_id AND t.is_swept = 0)";
    let strays: i64 = tx.query_one(strays, &[], |row| row.get(0))?;
    if strays > 0 {
        errors.push(format!("messages: {strays} belong to no room"));
    }
    errors.extend(audit::check(tx)?);
    Ok(errors)
}

/// The stored counters of a room.
struct Numbers {
    id: RoomId,
    rev: i64,
    public_rev: i64,
    /// As stored.
    member_count: i64,
    /// As counted.
    members: i64,
}

impl Numbers {
    fn errors(&self, tx: &mut Tx) -> Result<Vec<String>> {
        let Self { id, rev, public_rev, member_count, members } = self;
        let mut errors = Vec::new();
        let mut expect = |is_true: bool, what: String| {
            if !is_true {
                errors.push(format!("room {id}: {what}"));
            }
        };
        // Two ranges, because no single index covers both.
        let sql = "SELECT COUNT(*), COUNT(DISTINCT seq), COUNT(DISTINCT rev), COALESCE(MAX(seq), 0),
                     COALESCE(MAX(rev), 0), COALESCE(MIN(rev - seq), 0), COALESCE(MIN(seq), 1)
                   FROM (SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NULL
                         UNION ALL SELECT seq, rev FROM messages WHERE room_id = ?1 AND to_user_id IS NOT NULL) AS said";
        let [count, seqs, revs, last_seq, last_rev, least_gap, first_seq] = tx.query_one(sql, &[id], |row| {
            let mut c = row.columns();
            Ok([c.next()?, c.next()?, c.next()?, c.next()?, c.next()?, c.next()?, c.next::<i64>()?])
        })?;
        expect(last_seq <= *rev, format!("a message has seq {last_seq}, but the room's rev is {rev}"));
        expect(last_rev <= *rev, format!("a message has rev {last_rev}, but the room's is {rev}"));
        expect(seqs == count, format!("{} messages share a seq with another", count - seqs));
        expect(revs == count, format!("{} messages share a rev with another", count - revs));
        expect(least_gap >= 0, "a message's rev is below its seq".to_owned());
        expect(first_seq >= 1, format!("a message has seq {first_seq}"));
        expect(public_rev <= rev, format!("its public rev is {public_rev}, above its rev {rev}"));
        expect(member_count == members, format!("it counts {member_count} members but has {members}"));
        Ok(errors)
    }
}
