//! Rooms: created, found, changed, handed over, removed.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::{HookEvent, Role, SystemEvent};
use super::message::SystemMessage;
use super::new_member::{self, NewMember};
use super::outgoing_hook::event::fire_room;
use super::user::{self, User};
use super::{Fact, Limits, Tx, system_message};
use crate::clock::rfc3339;
use crate::db::{Columns, Fault};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::text;

mod change;
mod list;
mod name;
pub(super) mod rev;
mod tombstone;

pub use super::kinds::{History, RoomKind, Writers};
pub use change::{Change, change, check_owner, hand_over, lock_joins, remove};
pub(super) use change::{delete, give_to, set_owner};
pub use list::{Cursor, LOOKED_AT, Listed, Rooms, by_ids, joined_from, listed_by_ids, page, titled};
pub use name::name_for;
pub use rev::Position;
pub(super) use rev::{new_epoch, next_rev};
pub use rev::{renew_epochs, renew_epochs_if_moved};
pub(super) use tombstone::missing;
pub use tombstone::{Swept, forget_tombstones, sweep};

/// A room as anyone may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    pub id: RoomId,
    pub kind: RoomKind,
    pub title: String,
    pub max: u32,
    /// Whether there is a password; neither it nor its hash leaves the server.
    pub locked: bool,
    pub ephemeral: bool,
    /// Whether the lobby shows it; an unlisted room is joined by its id, link or invite.
    pub listed: bool,
    /// Slow mode: seconds between two messages of the same member; 0 where there is none.
    pub slow_seconds: u32,
    pub history: History,
    /// Whether an admin has closed the room: nobody joins or writes, and its members may read it.
    #[serde(default)]
    pub closed: bool,
    /// Who may write in it.
    #[serde(default)]
    pub writers: Writers,
    /// For how many days messages are kept; 0 for as long as the server keeps them.
    #[serde(default)]
    pub keep_messages_days: u32,
    /// For how many days the files of messages are kept; 0 for as long as the server keeps them.
    #[serde(default)]
    pub keep_files_days: u32,
    /// Until when nobody new comes in; null where people do. RFC 3339 UTC with milliseconds.
    #[serde(default)]
    pub joins_locked_until: Option<String>,
    pub owner: Option<User>,
    pub member_count: u32,
    /// How many users are connected now; filled in by the service, as the store does not know.
    pub online_count: u32,
    pub rev: i64,
    pub epoch: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
}

impl Room {
    /// Returns whether a member of this role may pin: in a direct room both, in an open one the moderators.
    pub fn may_pin(&self, role: Role) -> bool {
        self.kind == RoomKind::Direct || role >= Role::Moderator
    }

    /// Returns whether the lobby lists the room and is notified of its changes.
    pub fn is_in_lobby(&self) -> bool {
        self.kind == RoomKind::Open && self.listed
    }
}

/// Returns `SELECT` with the columns that [`read`] takes, and `more` columns after them, of the rooms as `r`
/// with their owners as `o`. The caller adds the `WHERE`.
pub(super) fn select(more: &str) -> String {
    let owner = user::columns("o");
    format!(
        "SELECT r.id, r.kind, r.title, r.max, CASE WHEN r.password_hash IS NULL THEN 0 ELSE 1 END, r.ephemeral,
           r.is_listed, r.slow_seconds, r.history, r.closed_at, r.writers,
           r.keep_messages_days, r.keep_files_days, r.joins_locked_until, {owner}, r.member_count, r.rev, r.epoch, r.created_at{more}
         FROM rooms r LEFT JOIN users o ON o.id = r.owner_id"
    )
}

/// Reads a room from the columns of [`select`].
pub(super) fn read(c: &mut Columns<'_>) -> Result<Room, Fault> {
    Ok(Room {
        id: c.next()?,
        kind: c.next()?,
        title: c.next()?,
        max: c.next()?,
        locked: c.next()?,
        ephemeral: c.next()?,
        listed: c.next()?,
        slow_seconds: c.next()?,
        history: c.next()?,
        closed: c.next::<Option<i64>>()?.is_some(),
        writers: c.next()?,
        keep_messages_days: c.next()?,
        keep_files_days: c.next()?,
        joins_locked_until: c.next::<Option<i64>>()?.map(rfc3339),
        owner: user::read(c)?,
        member_count: c.next()?,
        online_count: 0,
        rev: c.next()?,
        epoch: c.next()?,
        created_at: rfc3339(c.next()?),
    })
}

/// A room to create.
#[derive(Clone, Debug, Default)]
pub struct NewRoom {
    pub title: String,
    /// The server's default when left out.
    pub max: Option<u32>,
    /// The PHC string of the password, for a locked room.
    pub password_hash: Option<String>,
    pub ephemeral: bool,
    /// Whether the lobby leaves it out.
    pub unlisted: bool,
    pub history: History,
    /// The kind of its creator and the network that it is created from, with a space between.
    pub network: Option<String>,
}

/// Creates an open room. Its creator is the owner and the first member.
///
/// # Errors
/// `invalid`, `too_long` or `filtered` with the field `title` or `max`.
pub fn create(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, new: NewRoom) -> Result<Room> {
    let title = text::title(&new.title, limits.title_max)?;
    limits.check_words("title", &title)?;
    let max = checked_max(limits, new.max)?;
    let creator = user::get(tx, me)?;
    let id = RoomId::new(now);
    tx.execute(
        "INSERT INTO rooms (id, kind, title, title_folded, max, password_hash, owner_id, ephemeral, member_count,
           rev, public_rev, epoch, active_at, created_at, is_listed, history, network)
         VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, 1, 0, 0, ?8, ?9, ?9, ?10, ?11, ?12)",
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
            &new.network,
        ],
    )?;
    let (joined_rev, joined) = system_message::store(tx, now, id, me, SystemMessage::new(SystemEvent::Join))?;
    new_member::add(
        tx,
        now,
        id,
        &creator,
        NewMember { role: Role::Owner, joined_rev, read_seq: joined_rev, is_request: false },
    )?;
    fire_room(tx, now, HookEvent::RoomCreated, id)?;
    let room = snapshot(tx, id)?;
    tx.publish(Fact::RoomMade(Box::new(room.clone())));
    tx.publish(joined);
    tx.publish(Fact::Joined { room_id: id, user: Box::new(creator), is_ephemeral: new.ephemeral });
    Ok(room)
}

/// Returns a room that `viewer` may know of. A direct room exists only for its members.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, viewer: Option<UserId>, id: RoomId) -> Result<Option<Room>> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let rooms = select("");
        format!(
            "{rooms} WHERE r.id = ?1 AND (r.kind <> 'direct'
               OR EXISTS (SELECT 1 FROM members x WHERE x.room_id = r.id AND x.user_id = ?2))"
        )
    });
    Ok(tx.query_opt(&FIND, &[&id, &viewer], |row| read(&mut row.columns()))?)
}

/// Returns a room that `viewer` may know of.
///
/// # Errors
/// `room_not_found` where [`find`] has none.
pub fn get(tx: &mut Tx, viewer: Option<UserId>, id: RoomId) -> Result<Room> {
    find(tx, viewer, id)?.ok_or(Code::RoomNotFound.into())
}

/// Returns a room of any kind, for callers that have checked the user.
pub(super) fn find_any(tx: &mut Tx, id: RoomId) -> Result<Option<Room>> {
    static FIND_ANY: LazyLock<String> = LazyLock::new(|| select("") + " WHERE r.id = ?1");
    Ok(tx.query_opt(&FIND_ANY, &[&id], |row| read(&mut row.columns()))?)
}

/// Returns the present room, for facts and for callers that have checked the user.
pub(super) fn snapshot(tx: &mut Tx, id: RoomId) -> Result<Room> {
    find_any(tx, id)?.ok_or(Code::RoomNotFound.into())
}

pub(super) fn publish_changed(tx: &mut Tx, id: RoomId) -> Result<Room> {
    let room = snapshot(tx, id)?;
    tx.publish(Fact::RoomChanged(Box::new(room.clone())));
    Ok(room)
}

fn checked_max(limits: &Limits, max: Option<u32>) -> Result<u32> {
    let most = if limits.room_max == 0 { u32::MAX } else { limits.room_max };
    let max = max.unwrap_or(limits.room_max_default.min(most));
    if (2..=most).contains(&max) { Ok(max) } else { Err(Error::invalid("max", format!("max must be 2 to {most}"))) }
}

#[cfg(test)]
mod tests;
