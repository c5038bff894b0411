//! Search: messages by their words.

use super::room::{self, Room, RoomKind};
use super::user::{self, User};
use super::{Tx, direct, member};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text::token;

mod find;
mod index;
mod query;
#[cfg(test)]
mod tests;

pub use find::{Found, Hit, Request, find};
pub(super) use index::{forget, index, words_of};
pub use query::{Query, time};

/// Returns whether the index has all messages by the present rules, as an empty one has. Runs once, when the server
/// starts.
///
/// # Errors
/// Only those of the store.
pub fn begin(tx: &mut Tx) -> Result<bool> {
    if is_whole(tx)? {
        return Ok(true);
    }
    let any = "SELECT number FROM messages WHERE kind <> 'system' LIMIT 1";
    if tx.query_opt(any, &[], |row| row.get::<i64>(0))?.is_some() {
        return Ok(false);
    }
    set_state(tx, token::VERSION)?;
    Ok(true)
}

/// Returns whether the index has all messages by the present rules.
///
/// # Errors
/// Only those of the store.
pub fn is_whole(tx: &mut Tx) -> Result<bool> {
    Ok(state(tx)?.as_deref() == Some(token::VERSION))
}

/// A rebuild of the index in steps, while the server goes on writing to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// The state in the store while this rebuild, and no other, is running.
    state: String,
    /// The number of the last message that was indexed.
    pub done: i64,
    /// The highest number there is. It may grow meanwhile.
    pub last: i64,
    pub is_finished: bool,
}

impl Rebuild {
    /// Empties the index. Until the last step it is not complete, and searches are refused.
    ///
    /// # Errors
    /// Only those of the store.
    pub fn begin(tx: &mut Tx, now: i64) -> Result<Self> {
        let rebuild = Self { state: format!("building {}", RoomId::new(now)), done: 0, last: 0, is_finished: false };
        tx.clear_index()?;
        set_state(tx, &rebuild.state)?;
        Ok(rebuild)
    }

    /// Indexes at most `count` more messages. A message that is sent or changed meanwhile is indexed by its act.
    ///
    /// # Errors
    /// `busy` when a server without search has changed messages since, or another rebuild has begun.
    pub fn step(mut self, tx: &mut Tx, count: u32) -> Result<Self> {
        if state(tx)?.as_deref() != Some(&self.state) {
            let why = "a server with SEARCH=off has written, or another reindex has begun; start again";
            return Err(Error::new(Code::Busy).with_message(why));
        }
        let messages = index::read_after(tx, self.done, count)?;
        for (number, message) in &messages {
            tx.index(*number, index::words(message));
        }
        self.done = messages.last().map_or(self.done, |(number, _)| *number);
        self.last = tx.query_one("SELECT COALESCE(MAX(number), 0) FROM messages", &[], |row| row.get(0))?;
        self.is_finished = messages.len() < count as usize;
        if self.is_finished {
            set_state(tx, token::VERSION)?;
        }
        Ok(self)
    }
}

/// A room, with what its name needs.
#[derive(Clone, Debug)]
pub struct RoomName {
    pub room: Room,
    /// The other user of a direct room, unless their account is deleted.
    pub peer: Option<User>,
}

/// Returns the rooms of the ids, as far as `me` is a member.
///
/// # Errors
/// Only those of the store.
pub fn room_names(tx: &mut Tx, me: UserId, ids: &[RoomId]) -> Result<Vec<RoomName>> {
    let mut names = Vec::with_capacity(ids.len());
    for room in room::by_ids(tx, ids)? {
        if member::find_role(tx, me, room.id)?.is_none() {
            continue;
        }
        let peer = match room.kind {
            RoomKind::Direct => {
                let other = direct::other(tx, me, room.id)?;
                user::find(tx, other)?
            }
            RoomKind::Open => None,
        };
        names.push(RoomName { room, peer });
    }
    Ok(names)
}

/// Returns the stored state of the index: the version of its rules where it is complete. A server that changes
/// messages without the index deletes it.
fn state(tx: &mut Tx) -> Result<Option<String>> {
    Ok(tx.query_opt("SELECT value FROM meta WHERE key = 'search'", &[], |row| row.get(0))?)
}

fn set_state(tx: &mut Tx, value: &str) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('search', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1";
    tx.execute(sql, &[&value])?;
    Ok(())
}
