//! Rooms: made, changed, handed over, removed.

use super::State;
use crate::chat::room::{self, Change, NewRoom, Room};
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// A room that somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct RoomRequest {
    pub title: String,
    pub max: Option<u32>,
    pub password: Option<String>,
    pub ephemeral: bool,
}

/// What an owner changes; what is `None` stays. A password of `Some(None)` is taken away.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    pub title: Option<String>,
    pub max: Option<u32>,
    pub password: Option<Option<String>>,
}

impl State {
    /// Makes a room; its maker is owner and member.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long` with the field; `busy` when too many passwords wait.
    pub async fn create_room(&self, me: &User, asked: RoomRequest) -> Result<Room> {
        self.rates.room(me.id)?;
        let password_hash = self.hash(asked.password).await?;
        let new = NewRoom { title: asked.title, max: asked.max, password_hash, ephemeral: asked.ephemeral };
        let (my_id, limits) = (me.id, self.config.limits.clone());
        let room = self.db.write(move |tx| room::create(tx, &limits, now_ms(), my_id, new)).await?;
        Ok(self.with_counts(room))
    }

    /// A room as anyone may see it.
    ///
    /// # Errors
    /// `room_not_found`.
    pub async fn room(&self, viewer: Option<UserId>, id: RoomId) -> Result<Room> {
        let room = self.db.read(move |tx| room::get(tx, viewer, id)).await?;
        Ok(self.with_counts(room))
    }

    /// Changes a room's settings; the owner's alone.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`; `invalid`, `too_long` with the field.
    pub async fn change_room(&self, me: &User, id: RoomId, asked: RoomChange) -> Result<Room> {
        self.rates.act(me.id)?;
        let password_hash = match asked.password {
            None => None,
            Some(password) => Some(self.hash(password).await?),
        };
        let change = Change { title: asked.title, max: asked.max, password_hash };
        let (me, limits) = (me.id, self.config.limits.clone());
        self.live.room_to_tell(id).await;
        let room = self.db.write(move |tx| room::change(tx, &limits, now_ms(), me, id, change)).await?;
        Ok(self.with_counts(room))
    }

    /// Hands the room to another member; the owner's alone.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`; `not_found` when the other is no member.
    pub async fn hand_over(&self, me: &User, id: RoomId, to: UserId) -> Result<Room> {
        let me = me.id;
        self.rates.act(me)?;
        self.live.room_to_tell(id).await;
        let room = self.db.write(move |tx| room::hand_over(tx, now_ms(), me, id, to)).await?;
        Ok(self.with_counts(room))
    }

    /// Removes a room with all that is in it; the owner's alone.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`.
    pub async fn remove_room(&self, me: &User, id: RoomId) -> Result<()> {
        let me = me.id;
        let unneeded = self.db.write(move |tx| room::remove(tx, me, id)).await?;
        self.remove_bytes(unneeded).await;
        Ok(())
    }

    async fn hash(&self, password: Option<String>) -> Result<Option<String>> {
        // An empty field of a form means no password.
        match password.filter(|password| !password.is_empty()) {
            Some(password) => self.passwords.hash(password).await.map(Some),
            None => Ok(None),
        }
    }
}
