//! The page of a room's settings, read in one transaction.

use super::App;
use crate::chat::member::{self, Ban, Role};
use crate::chat::room::{self, Room};
use crate::chat::{Tx, invite};
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// Bans on the page, newest first.
const BANS: u32 = 100;

/// The data of the page, all read at one moment.
pub struct RoomSettings {
    pub room: Room,
    /// The effective role of the viewer.
    pub role: Role,
    pub has_invites: bool,
    pub bans: Vec<Ban>,
}

impl App {
    /// Reads the page of a room's settings, for the owner and the moderators.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn room_settings(&self, me: UserId, room_id: RoomId) -> Result<RoomSettings> {
        let limits = self.config.limits.clone();
        let read = move |tx: &mut Tx| {
            let role = member::membership(tx, me, room_id)?.role;
            let bans = member::bans(tx, &limits, me, room_id, None, BANS)?.bans;
            Ok(RoomSettings {
                // Of a deleted user nothing is left to show.
                bans: bans.into_iter().filter(|ban| ban.user.is_some()).collect(),
                has_invites: role == Role::Owner && !invite::list(tx, now_ms(), me, room_id)?.is_empty(),
                room: room::get(tx, Some(me), room_id)?,
                role,
            })
        };
        self.db.read(read).await
    }
}
