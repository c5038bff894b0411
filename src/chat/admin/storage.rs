//! What is stored, and whose it is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chat::account::require_admin;
use crate::chat::consistency::{Counts, counts};
use crate::chat::{Tx, room, user};
use crate::db::{Param, Row};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Rooms and users that are named.
const NAMED: u64 = 10;

/// What is stored.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    pub rooms: u64,
    pub messages: u64,
    pub users: u64,
    pub files: u64,
    /// Bytes of all files, without thumbnails.
    pub bytes: u64,
    /// The open rooms with the most bytes of files.
    pub largest_rooms: Vec<Stored<RoomId>>,
    /// The users with the most bytes of files.
    pub largest_users: Vec<Stored<UserId>>,
}

/// How much one room or one user has stored.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stored<Id> {
    pub id: Id,
    /// The title, or the name.
    pub name: String,
    pub files: u64,
    pub bytes: u64,
}

/// Returns what is stored. It reads an entry of the index for each file.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn storage(tx: &mut Tx, me: Option<UserId>) -> Result<Storage> {
    require_admin(tx, me)?;
    let Counts { rooms, messages, people, files } = counts(tx)?;
    let sum = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM files";
    let bytes = tx.query_one(sum, &[], |row| row.get(0))?;
    let by_room = "SELECT f.room_id, COUNT(*), CAST(SUM(f.size) AS BIGINT) AS bytes FROM files f
                   WHERE f.room_id IS NOT NULL AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = f.room_id AND r.kind = 'open')
                   GROUP BY f.room_id ORDER BY bytes DESC, f.room_id LIMIT ?1";
    let by_user = "SELECT user_id, COUNT(*), CAST(SUM(size) AS BIGINT) AS bytes FROM files
                   GROUP BY user_id ORDER BY bytes DESC, user_id LIMIT ?1";
    let named: [&dyn Param; 1] = [&NAMED];
    let read = |row: &Row<'_>| Ok((row.get::<RoomId>(0)?, row.get::<u64>(1)?, row.get::<u64>(2)?));
    let mut largest_rooms = Vec::new();
    for (id, files, bytes) in tx.query_all(by_room, &named, read)? {
        let name = room::snapshot(tx, id)?.title;
        largest_rooms.push(Stored { id, name, files, bytes });
    }
    let read = |row: &Row<'_>| Ok((row.get::<UserId>(0)?, row.get::<u64>(1)?, row.get::<u64>(2)?));
    let mut largest_users = Vec::new();
    for (id, files, bytes) in tx.query_all(by_user, &named, read)? {
        let name = user::find(tx, id)?.map(|user| user.name).unwrap_or_default();
        largest_users.push(Stored { id, name, files, bytes });
    }
    Ok(Storage { rooms, messages, users: people, files, bytes, largest_rooms, largest_users })
}
