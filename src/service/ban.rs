//! Bans: listed and lifted. A ban begins with [`App::kick`].

use super::App;
use crate::chat::member::{self, Bans, OwnBan};
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Returns a page of a room's bans, newest first.
    ///
    /// # Errors
    /// `invalid` with the field; `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn bans(&self, me: UserId, room_id: RoomId, after: Option<UserId>, limit: Option<u32>) -> Result<Bans> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| member::bans(tx, &limits, me, room_id, after, limit)).await
    }

    /// Returns the ban of a visitor from a room, if there is one.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn own_ban(&self, me: Option<UserId>, room_id: RoomId) -> Result<Option<OwnBan>> {
        let Some(me) = me else { return Ok(None) };
        self.db.read(move |tx| member::own_ban(tx, now_ms(), me, room_id)).await
    }

    /// Lifts a ban.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`, `not_found`.
    pub async fn lift_ban(&self, me: UserId, room_id: RoomId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| member::lift_ban(tx, now, me, room_id, user_id)).await
    }
}
