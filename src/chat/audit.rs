//! The audit log: what admins, moderators and commands did. Rows are only added, in the transaction of the act, and each
//! has the hash of the one before, so that a row that is changed or taken out shows.

use std::fmt::Display;

use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::Serialize;

use super::Tx;
use super::admin_rights::require_admin;
use super::kinds::AuditAction;
use super::user::{self, User};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::Result;
use crate::hex::hex;
use crate::ids::{RoomId, UserId};

/// Entries that are read at a time.
const PAGE: u64 = 500;

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub number: i64,
    /// RFC 3339 UTC with milliseconds.
    pub at: String,
    /// Who did it. Null for a command of the operator.
    pub by: Option<UserId>,
    /// The name of the act, also of one that this version does not know.
    pub action: String,
    pub room: Option<RoomId>,
    /// The id of the user, the message or the key that it was done to.
    pub subject: String,
    pub hash: String,
}

/// An entry with the present names of those it is about, where they still exist.
#[derive(Clone, Debug)]
pub struct Listed {
    pub entry: Entry,
    /// Who did it.
    pub by: Option<String>,
    /// The user it was done to.
    pub user: Option<User>,
    /// The title of the room.
    pub room: Option<String>,
}

/// What the hash of the first entry begins with.
const BEGINNING: &str = "madang audit log";

impl Entry {
    /// Returns what was done.
    pub fn act(&self) -> AuditAction {
        AuditAction::from_name(&self.action).unwrap_or(AuditAction::Unknown)
    }

    fn hash_after(&self, before: &str) -> String {
        let Self { number, at, by, action, room, subject, .. } = self;
        let or_none = |id: Option<String>| id.unwrap_or_else(|| "-".into());
        let (by, room) = (or_none(by.map(|id| id.to_string())), or_none(room.map(|id| id.to_string())));
        // None of these can have a line break.
        let text = format!("{before}\n{number}\n{at}\n{by}\n{action}\n{room}\n{subject}");
        hex(digest(&SHA256, text.as_bytes()).as_ref())
    }
}

/// Adds an act to the log, in its transaction.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn append(
    tx: &mut Tx,
    now: i64,
    by: Option<UserId>,
    action: AuditAction,
    room: Option<RoomId>,
    subject: impl Display,
) -> Result<()> {
    let newest =
        tx.query_opt("SELECT number, hash FROM audit WHERE number = (SELECT MAX(number) FROM audit)", &[], |row| {
            Ok((row.get::<i64>(0)?, row.get::<String>(1)?))
        })?;
    let (last, before) = newest.unwrap_or_else(|| (0, BEGINNING.to_owned()));
    let mut entry = Entry {
        number: last + 1,
        at: rfc3339(now),
        by,
        action: action.as_str().to_owned(),
        room,
        subject: subject.to_string(),
        hash: String::new(),
    };
    entry.hash = entry.hash_after(&before);
    tx.execute(
        "INSERT INTO audit (number, at, by_user_id, action, room_id, subject, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[&entry.number, &now, &entry.by, &entry.action, &entry.room, &entry.subject, &entry.hash],
    )?;
    Ok(())
}

/// Returns the entries before a number, the newest first; the newest of all without a number.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn newest(tx: &mut Tx, me: UserId, before: Option<i64>, limit: u32) -> Result<Vec<Listed>> {
    require_admin(tx, Some(me))?;
    let sql = "SELECT a.number, a.at, a.by_user_id, a.action, a.room_id, a.subject, a.hash, u.name, r.title
               FROM audit a LEFT JOIN users u ON u.id = a.by_user_id AND u.deleted_at IS NULL
                 LEFT JOIN rooms r ON r.id = a.room_id AND r.kind = 'open'
               WHERE a.number < ?1 ORDER BY a.number DESC LIMIT ?2";
    let read = |row: &Row<'_>| Ok(Listed { entry: read(row)?, by: row.get(7)?, user: None, room: row.get(8)? });
    let mut listed = tx.query_all(sql, &[&before.unwrap_or(i64::MAX), &limit], read)?;
    // The subject may be the id of something else, which is the id of no user.
    let subject = |listed: &Listed| listed.entry.subject.parse::<UserId>().ok();
    let ids: Vec<UserId> = listed.iter().filter_map(subject).collect();
    let users = user::find_all(tx, &ids)?;
    for one in &mut listed {
        one.user = subject(one).and_then(|id| users.iter().find(|user| user.id == id)).cloned();
    }
    Ok(listed)
}

/// Returns the next entries after a number, the oldest first; none after the last.
///
/// # Errors
/// Only those of the store.
pub fn page(tx: &mut Tx, after: i64) -> Result<Vec<Entry>> {
    let sql = "SELECT number, at, by_user_id, action, room_id, subject, hash FROM audit WHERE number > ?1
               ORDER BY number LIMIT ?2";
    Ok(tx.query_all(sql, &[&after, &PAGE], read)?)
}

fn read(row: &Row<'_>) -> Result<Entry, Fault> {
    let mut c = row.columns();
    Ok(Entry {
        number: c.next()?,
        at: rfc3339(c.next()?),
        by: c.next()?,
        action: c.next()?,
        room: c.next()?,
        subject: c.next()?,
        hash: c.next()?,
    })
}

/// Follows the log from its beginning.
#[derive(Clone, Debug)]
pub struct Chain {
    last: i64,
    hash: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self { last: 0, hash: BEGINNING.to_owned() }
    }
}

impl Chain {
    /// Returns the number of the entry that was followed last.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Follows the next entry.
    ///
    /// # Errors
    /// A sentence: it does not follow the one before.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), String> {
        let expected = self.last + 1;
        if entry.number != expected {
            return Err(format!("audit log: entry {expected} is missing"));
        }
        if entry.hash != entry.hash_after(&self.hash) {
            return Err(format!("audit log: entry {} or the one before it was changed", entry.number));
        }
        (self.last, self.hash) = (entry.number, entry.hash.clone());
        Ok(())
    }
}

/// Checks the whole log and returns what is wrong with it, if anything.
///
/// # Errors
/// Only those of the store.
pub fn check(tx: &mut Tx) -> Result<Option<String>> {
    let mut chain = Chain::default();
    loop {
        let entries = page(tx, chain.last())?;
        if entries.is_empty() {
            return Ok(None);
        }
        for entry in &entries {
            if let Err(why) = chain.follow(entry) {
                return Ok(Some(why));
            }
        }
    }
}
