//! Whose events an outgoing hook is sent: those of one room, or of the whole server.

use super::event::SERVER_ID;
use crate::chat::member::membership::require_moderator;
use crate::chat::{Tx, account};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Whose events a hook is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of a room. Its owner and moderators manage the hook.
    Room(RoomId),
    /// Those of every open room. Admins manage the hook.
    Server,
}

impl Scope {
    pub(super) fn of(room_id: RoomId) -> Self {
        if room_id == SERVER_ID { Self::Server } else { Self::Room(room_id) }
    }

    pub(super) fn id(self) -> RoomId {
        self.room().unwrap_or(SERVER_ID)
    }

    /// Returns the room; `None` for the server.
    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::Room(id) => Some(id),
            Self::Server => None,
        }
    }

    /// Checks that a user manages the hooks.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`; `forbidden`.
    pub(super) fn check(self, tx: &mut Tx, me: UserId) -> Result<()> {
        match self {
            Self::Room(id) => require_moderator(tx, me, id).map(drop),
            Self::Server => account::require_admin(tx, Some(me)),
        }
    }
}
