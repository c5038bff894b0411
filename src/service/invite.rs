//! Invites: codes that admit users to a room without its password.

use super::App;
use crate::chat::invite::{self, Invite};
use crate::chat::member;
use crate::chat::room::Room;
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Creates an invite; for the owner and the moderators.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `uses` or `hours`; `room_not_found`, `gone`, `not_a_member`,
    /// `forbidden`; `too_many`.
    pub async fn create_invite(
        &self,
        me: UserId,
        room_id: RoomId,
        uses: Option<u32>,
        hours: Option<u32>,
    ) -> Result<Invite> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| invite::create(tx, now, me, room_id, uses, hours)).await
    }

    /// Returns the valid invites of a room, newest first.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn invites(&self, me: UserId, room_id: RoomId) -> Result<Vec<Invite>> {
        self.db.read(move |tx| invite::list(tx, now_ms(), me, room_id)).await
    }

    /// Revokes an invite.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn revoke_invite(&self, me: UserId, room_id: RoomId, code: String) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| invite::revoke(tx, now, me, room_id, &code)).await
    }

    /// Returns the room of an invite, and whether `viewer` is a member already.
    ///
    /// # Errors
    /// `gone` for a code that is not valid.
    pub async fn invited(&self, viewer: Option<UserId>, code: String) -> Result<(Room, bool)> {
        let read = self.db.read(move |tx| {
            let room = invite::room(tx, now_ms(), &code)?;
            let is_member = member::join_check(tx, now_ms(), viewer, room.id)?.is_member;
            Ok((room, is_member))
        });
        let (room, is_member) = read.await?;
        Ok((self.with_counts(room), is_member))
    }
}
