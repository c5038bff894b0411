//! The servers that share a database, called nodes: each has a row, whose `heartbeat` it raises while it runs.
//!
//! The others watch the heartbeat with clocks of their own: the clocks of two machines are never compared.

use serde::{Deserialize, Serialize};

use super::member::Presence;
use super::user::{Privacy, User};
use super::{Tx, outbox};
use crate::db::{Column, Param, Value};
use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};

/// The number of a node. The next one is given only after all others, so that a node that hung for long still has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(u16);

/// The highest number: it has two characters in a session id.
const MAX: u16 = 4_095;
/// The row of `meta` with the number that was given last.
const LAST: &str = "last_node";

impl NodeId {
    pub const fn from_u16(number: u16) -> Self {
        Self(number)
    }

    pub fn as_u16(self) -> u16 {
        self.0
    }
}

impl Param for NodeId {
    fn value(&self) -> Value<'_> {
        Value::Int(i64::from(self.0))
    }
}

impl Column for NodeId {
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).and_then(|number| u16::try_from(number).ok()).map(Self)
    }
}

/// A node, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub id: NodeId,
    /// Random id of the process.
    pub run_id: String,
    /// Where other nodes reach it.
    pub url: String,
    pub heartbeat: i64,
}

/// What happens on a node and is not stored. The others are sent it in the order of the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeEvent {
    /// The first socket of a user joined a room; with what the others there do not see of them.
    Joined { room_id: RoomId, user: Box<User>, privacy: Privacy, is_ephemeral: bool },
    /// A user has no socket in a room any more.
    Left { room_id: RoomId, user_id: UserId },
    /// A user who is connected hides their presence from now on, or shows it.
    Hidden { user_id: UserId, privacy: Privacy, rooms: Vec<RoomId> },
    /// Whether a user hides their presence was changed in the settings.
    PrivacyChanged { user_id: UserId },
    /// A user is online, away or gone; `has_left` if they left and do not hide it.
    /// `requests` are rooms of strangers, who do not see it.
    Presence { user_id: UserId, presence: Presence, has_left: bool, rooms: Vec<RoomId>, requests: Vec<RoomId> },
    /// A user is typing.
    Typing { room_id: RoomId, user: Box<User> },
    /// Read marks moved; those of `hidden` users are for themselves.
    Read { room_id: RoomId, marks: Vec<(UserId, i64)>, hidden: Vec<UserId> },
    /// The sender does not know who is connected to the other nodes: each answers with the events above.
    PresenceWanted,
}

impl NodeEvent {
    pub fn joined(room_id: RoomId, user: &User, privacy: Privacy, is_ephemeral: bool) -> Self {
        Self::Joined { room_id, user: Box::new(user.clone()), privacy, is_ephemeral }
    }
}

/// Adds a row for this process and returns its number.
///
/// # Errors
/// `unavailable`; `busy` when all numbers are taken.
pub fn register(tx: &mut Tx, now: i64, run_id: &str, url: &str) -> Result<NodeId> {
    let last = tx.query_opt("SELECT value FROM meta WHERE key = ?1", &[&LAST], |row| row.get::<String>(0))?;
    let last: u16 = last.and_then(|last| last.parse().ok()).unwrap_or_default();
    let taken = tx.query_all("SELECT id FROM nodes ORDER BY id", &[], |row| row.get::<NodeId>(0))?;
    let next = (0..MAX).map(|step| NodeId((last + step) % MAX + 1));
    let free = next.into_iter().find(|id| !taken.contains(id)).ok_or(Code::Busy)?;
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
    tx.execute(sql, &[&LAST, &free.0.to_string()])?;
    insert(tx, now, free, run_id, url)?;
    Ok(free)
}

fn insert(tx: &mut Tx, now: i64, id: NodeId, run_id: &str, url: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO nodes (id, run_id, url, version, heartbeat, seen_at) VALUES (?1, ?2, ?3, ?4, 1, ?5)",
        &[&id, &run_id, &url, &env!("CARGO_PKG_VERSION"), &now],
    )?;
    Ok(())
}

/// Raises the heartbeat of a node. Returns `false` when its row was gone, because the others took it for ended, and adds it
/// again.
///
/// # Errors
/// `unavailable`.
pub fn heartbeat(tx: &mut Tx, now: i64, node: &Node) -> Result<bool> {
    let sql = "UPDATE nodes SET heartbeat = heartbeat + 1, seen_at = ?3 WHERE id = ?1 AND run_id = ?2";
    if tx.execute(sql, &[&node.id, &node.run_id, &now])? > 0 {
        return Ok(true);
    }
    insert(tx, now, node.id, &node.run_id, &node.url)?;
    Ok(false)
}

/// Returns all nodes.
///
/// # Errors
/// `unavailable`.
pub fn all(tx: &mut Tx) -> Result<Vec<Node>> {
    // At most as many as there are numbers.
    Ok(tx.query_all("SELECT id, run_id, url, heartbeat FROM nodes ORDER BY id", &[], |row| {
        let mut c = row.columns();
        Ok(Node { id: c.next()?, run_id: c.next()?, url: c.next()?, heartbeat: c.next()? })
    })?)
}

/// Removes the row and the claims of a node that has not raised its heartbeat.
///
/// # Errors
/// `unavailable`.
pub fn remove_ended(tx: &mut Tx, now: i64, node: &Node) -> Result<()> {
    let sql = "DELETE FROM nodes WHERE id = ?1 AND run_id = ?2 AND heartbeat = ?3";
    if tx.execute(sql, &[&node.id, &node.run_id, &node.heartbeat])? > 0 {
        release_claims(tx, now, node.id)?;
    }
    Ok(())
}

/// Removes the row and the claims of this process.
///
/// # Errors
/// `unavailable`.
pub fn leave(tx: &mut Tx, now: i64, node: &Node) -> Result<()> {
    tx.execute("DELETE FROM nodes WHERE id = ?1 AND run_id = ?2", &[&node.id, &node.run_id])?;
    release_claims(tx, now, node.id)
}

fn release_claims(tx: &mut Tx, now: i64, id: NodeId) -> Result<()> {
    tx.execute("DELETE FROM file_claims WHERE node_id = ?1", &[&id])?;
    outbox::release_claims(tx, now, id.as_u16())
}
