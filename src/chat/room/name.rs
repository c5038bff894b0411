//! The name of a room, as a user knows it.

use super::{RoomKind, by_ids};
use crate::chat::{Tx, direct, member, user};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Returns the title of a room, or the name of the other user of a direct room. It is empty for a removed room, and for an
/// unlisted one that the user has left: its present title is not for them.
///
/// # Errors
/// Only those of the store.
pub fn name_for(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<String> {
    let Some(room) = by_ids(tx, &[room_id])?.pop() else { return Ok(String::new()) };
    match room.kind {
        RoomKind::Open if !room.listed && member::find_role(tx, me, room_id)?.is_none() => Ok(String::new()),
        RoomKind::Open => Ok(room.title),
        RoomKind::Direct => {
            let other = direct::other(tx, me, room_id)?;
            Ok(user::find(tx, other)?.map(|other| other.name).unwrap_or_default())
        }
    }
}
