//! Invites, moderators and bans: what the keepers of a room do.

use super::App;
use crate::chat::invite::{self, Invite};
use crate::chat::member::{self, Bans};
use crate::chat::room::Room;
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Makes an invite into a room; the owner's and the moderators'.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `uses` or `hours`; `room_not_found`, `gone`,
    /// `not_a_member`, `forbidden`; `too_many`.
    pub async fn invite(&self, me: UserId, room_id: RoomId, uses: Option<u32>, hours: Option<u32>) -> Result<Invite> {
        self.rates.act(me)?;
        self.db.write(room_id, move |tx| invite::create(tx, now_ms(), me, room_id, uses, hours)).await
    }

    /// The living invites of a room, the newest first.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn invites(&self, me: UserId, room_id: RoomId) -> Result<Vec<Invite>> {
        self.db.read(move |tx| invite::list(tx, now_ms(), me, room_id)).await
    }

    /// Takes an invite back.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn revoke_invite(&self, me: UserId, room_id: RoomId, code: String) -> Result<()> {
        self.rates.act(me)?;
        self.db.write(room_id, move |tx| invite::revoke(tx, me, room_id, &code)).await
    }

    /// The room that an invite leads to, and whether `viewer` is in it already.
    ///
    /// # Errors
    /// `gone` for a code that lets nobody in.
    pub async fn invited(&self, viewer: Option<UserId>, code: String) -> Result<(Room, bool)> {
        let (room, is_member) = self
            .db
            .read(move |tx| {
                let room = invite::room(tx, now_ms(), &code)?;
                let door = member::door(tx, viewer, room.id)?;
                Ok((room, door.is_member))
            })
            .await?;
        Ok((self.with_counts(room), is_member))
    }

    /// Makes a member a moderator, or takes that back; the rev of the line that tells it.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`, `not_found`; `invalid`
    /// with the field.
    pub async fn set_moderator(&self, me: UserId, room_id: RoomId, user_id: UserId, on: bool) -> Result<i64> {
        self.rates.act(me)?;
        self.realtime.wait_for_space(room_id).await;
        self.db.write(room_id, move |tx| member::set_moderator(tx, now_ms(), me, room_id, user_id, on)).await
    }

    /// A page of a room's bans, the latest first.
    ///
    /// # Errors
    /// `invalid` with the field; `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn bans(&self, me: UserId, room_id: RoomId, after: Option<UserId>, limit: Option<u32>) -> Result<Bans> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| member::bans(tx, &limits, me, room_id, after, limit)).await
    }

    /// Lets somebody in again who was kept out.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`, `not_found`.
    pub async fn lift_ban(&self, me: UserId, room_id: RoomId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.db.write(room_id, move |tx| member::lift_ban(tx, me, room_id, user_id)).await
    }
}
