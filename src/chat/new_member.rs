//! The row of a membership that begins: by a join, with a new room, with a direct room.

use super::Tx;
use super::kinds::Role;
use super::user::User;
use crate::error::Result;
use crate::ids::RoomId;
use crate::text;

/// A membership that begins.
pub(super) struct NewMember {
    pub(super) role: Role,
    pub(super) joined_rev: i64,
    pub(super) read_seq: i64,
    /// Whether a stranger has opened this direct room.
    pub(super) is_request: bool,
}

impl Default for NewMember {
    fn default() -> Self {
        Self { role: Role::Member, joined_rev: 0, read_seq: 0, is_request: false }
    }
}

/// Stores a membership. The caller has counted it.
pub(super) fn add(tx: &mut Tx, now: i64, room_id: RoomId, user: &User, new: NewMember) -> Result<()> {
    tx.execute(
        "INSERT INTO members (room_id, user_id, role, joined_at, joined_rev, read_seq, name_folded, is_request)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &[
            &room_id,
            &user.id,
            &new.role,
            &now,
            &new.joined_rev,
            &new.read_seq,
            &text::fold(&user.name),
            &new.is_request,
        ],
    )?;
    tx.execute("UPDATE users SET has_joined = 1 WHERE id = ?1 AND has_joined = 0", &[&user.id])?;
    Ok(())
}
