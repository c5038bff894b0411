//! Rooms: made, found, changed, handed over, removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::member::Role;
use super::message::SystemEvent;
use super::message::system_message::{self, Line};
use super::user::{self, User};
use super::{Fact, Limits, Tx};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

mod change;
mod list;
mod tombstone;

pub use change::{Change, change, hand_over, remove};
pub(super) use change::{delete, set_owner};
pub use list::{LOOKED_AT, Place, Rooms, by_ids, listed_by_ids, page, titled};
pub(super) use tombstone::missing;
pub use tombstone::{Swept, forget_tombstones, sweep};

/// A room as anyone may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    pub id: RoomId,
    pub kind: RoomKind,
    pub title: String,
    pub max: u32,
    /// Whether there is a password; neither it nor its hash ever leaves the server.
    pub locked: bool,
    pub ephemeral: bool,
    /// Whether the lobby shows it; one that it does not is entered by its id, link or invite.
    pub listed: bool,
    /// Slow mode: seconds between two messages of the same member; 0 where there is none.
    pub slow_seconds: u32,
    pub history: History,
    pub owner: Option<User>,
    pub member_count: u32,
    /// How many people are connected now. The store does not know; the doors fill it in from
    /// what is live.
    pub online_count: u32,
    pub rev: i64,
    pub epoch: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RoomKind {
    Open,
    Direct,
}

/// What a member may see of a room from before they joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum History {
    /// Everything.
    #[default]
    All,
    /// Nothing.
    Joined,
}

impl History {
    pub fn is_all(self) -> bool {
        self == Self::All
    }
}

impl Room {
    /// Whether somebody of this role may pin: in a direct room both do, in an open one who keeps order.
    pub fn may_pin(&self, role: Role) -> bool {
        self.kind == RoomKind::Direct || role >= Role::Moderator
    }

    /// Whether the lobby shows it and is told of it.
    pub fn is_in_lobby(&self) -> bool {
        self.kind == RoomKind::Open && self.listed
    }
}

/// The columns that [`read`] takes: the room as `r`, its owner as `o`.
macro_rules! room_columns {
    () => {
        concat!(
            "r.id, r.kind, r.title, r.max, CASE WHEN r.password_hash IS NULL THEN 0 ELSE 1 END, r.ephemeral, ",
            "r.member_count, r.rev, r.epoch, r.created_at, r.is_listed, r.slow_seconds, r.history, ",
            crate::chat::user::user_columns!("o")
        )
    };
}
pub(super) use room_columns;

/// How many columns a room takes in a row.
pub(super) const WIDTH: usize = 13 + user::WIDTH;

pub(super) fn read(row: &Row<'_>) -> Result<Room, Fault> {
    Ok(Room {
        id: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        max: row.get(3)?,
        locked: row.get(4)?,
        ephemeral: row.get(5)?,
        member_count: row.get(6)?,
        online_count: 0,
        rev: row.get(7)?,
        epoch: row.get(8)?,
        created_at: rfc3339(row.get(9)?),
        listed: row.get(10)?,
        slow_seconds: row.get(11)?,
        history: row.get(12)?,
        owner: user::read(row, 13)?,
    })
}

/// A room to be made.
#[derive(Clone, Debug, Default)]
pub struct NewRoom {
    pub title: String,
    /// The house's default when left out.
    pub max: Option<u32>,
    /// The PHC string of the password, for a locked room.
    pub password_hash: Option<String>,
    pub ephemeral: bool,
    /// Whether the lobby leaves it out.
    pub unlisted: bool,
    pub history: History,
}

/// Makes an open room; the maker owns it and is its first member.
///
/// # Errors
/// `invalid` or `too_long` with the field `title` or `max`.
pub fn create(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: NewRoom) -> Result<Room> {
    let title = text::title(&new.title, limits.title_max)?;
    let max = checked_max(limits, new.max)?;
    let maker = user::get(tx, me)?;
    let id = RoomId::new(now);
    tx.execute(
        "INSERT INTO rooms (id, kind, title, title_folded, max, password_hash, owner_id, ephemeral, member_count,
           rev, public_rev, epoch, active_at, created_at, is_listed, history)
         VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, 1, 0, 0, ?8, ?9, ?9, ?10, ?11)",
        &[
            &id,
            &title,
            &text::fold(&title),
            &max,
            &new.password_hash,
            &me,
            &new.ephemeral,
            &new_epoch(),
            &now,
            &!new.unlisted,
            &new.history,
        ],
    )?;
    let joined = system_message::store(tx, now, id, me, Line::new(SystemEvent::Join))?;
    tx.execute(
        "INSERT INTO members (room_id, user_id, role, joined_at, joined_rev, read_seq)
         VALUES (?1, ?2, 'owner', ?3, ?4, ?4)",
        &[&id, &me, &now, &joined.seq],
    )?;
    let room = snapshot(tx, id)?;
    tx.publish(Fact::RoomMade(Box::new(room.clone())));
    tx.publish(Fact::Message(Box::new(joined)));
    tx.publish(Fact::Joined { room_id: id, user: Box::new(maker), is_ephemeral: new.ephemeral });
    Ok(room)
}

/// The room, if there is one that `viewer` may know of: a direct room is there for those in it
/// alone.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, viewer: Option<UserId>, id: RoomId) -> Result<Option<Room>> {
    let sql = concat!(
        "SELECT ",
        room_columns!(),
        " FROM rooms r LEFT JOIN users o ON o.id = r.owner_id WHERE r.id = ?1 AND (r.kind <> 'direct'
           OR EXISTS (SELECT 1 FROM members x WHERE x.room_id = r.id AND x.user_id = ?2))"
    );
    Ok(tx.query_opt(sql, &[&id, &viewer], read)?)
}

/// # Errors
/// `room_not_found` where [`find`] has none.
pub fn get(tx: &mut Tx, viewer: Option<UserId>, id: RoomId) -> Result<Room> {
    find(tx, viewer, id)?.ok_or(Code::RoomNotFound.into())
}

/// The room as it is now, for the facts of whoever has been checked already.
pub(super) fn snapshot(tx: &mut Tx, id: RoomId) -> Result<Room> {
    let sql =
        concat!("SELECT ", room_columns!(), " FROM rooms r LEFT JOIN users o ON o.id = r.owner_id WHERE r.id = ?1");
    tx.query_opt(sql, &[&id], read)?.ok_or(Code::RoomNotFound.into())
}

pub(super) fn tell_changed(tx: &mut Tx, id: RoomId) -> Result<Room> {
    let room = snapshot(tx, id)?;
    tx.publish(Fact::RoomChanged(Box::new(room.clone())));
    Ok(room)
}

/// By how much a room's time of its last change may be behind, in milliseconds.
const ACTIVE_STEP: i64 = 1_000;

/// Takes the room's next rev for a change made in this transaction. The row stays locked until the
/// commit, so the revs of a room are committed in their order.
pub(super) fn next_rev(tx: &mut Tx, now: i64, id: RoomId, is_public: bool) -> Result<i64> {
    let taken = "UPDATE rooms SET rev = rev + 1, public_rev = CASE WHEN ?2 = 1 THEN rev + 1 ELSE public_rev END
                 WHERE id = ?1";
    tx.execute(taken, &[&id, &is_public])?;
    // The row is ours until the commit, so this is what was taken. RETURNING says the same, and has SQLite make
    // a table for it each time.
    let found = tx.query_opt("SELECT rev, active_at FROM rooms WHERE id = ?1", &[&id], |row| {
        Ok((row.get(0)?, row.get::<i64>(1)?))
    })?;
    let (rev, active_at) = found.ok_or(Code::RoomNotFound)?;
    // It has an index, and lists order rooms by it: in a busy room not each message need move it. A
    // clock that was set back moves it too.
    if (now - active_at).abs() >= ACTIVE_STEP {
        tx.execute("UPDATE rooms SET active_at = ?2 WHERE id = ?1", &[&id, &now])?;
    }
    Ok(rev)
}

fn checked_max(limits: &Limits, max: Option<u32>) -> Result<u32> {
    let most = if limits.room_max == 0 { u32::MAX } else { limits.room_max };
    let max = max.unwrap_or(limits.room_max_default.min(most));
    if (2..=most).contains(&max) { Ok(max) } else { Err(Error::invalid("max", format!("max must be 2 to {most}"))) }
}

/// Gives every room another epoch: what anybody holds of it from before is then of no use, and they
/// begin anew. Only for a store that went back in time.
///
/// # Errors
/// Only those of the store.
pub fn renew_epochs(tx: &mut Tx) -> Result<()> {
    // All of them: it is done once, with nobody there.
    for id in tx.query_all("SELECT id FROM rooms", &[], |row| row.get::<RoomId>(0))? {
        tx.execute("UPDATE rooms SET epoch = ?2 WHERE id = ?1", &[&id, &new_epoch()])?;
    }
    Ok(())
}

pub(super) fn new_epoch() -> String {
    let mut chance = [0; 4];
    // As for ids: the system's random source does not fail after boot.
    getrandom::fill(&mut chance).expect("the system's random source");
    format!("{:08x}", u32::from_be_bytes(chance))
}

#[cfg(test)]
mod tests;
