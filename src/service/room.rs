//! Rooms: made, changed, handed over, removed.

use super::{App, log_failure};
use crate::chat::room::{self, Change, History, NewRoom, Room};
use crate::chat::user::User;
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// A room that somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct RoomRequest {
    pub title: String,
    pub max: Option<u32>,
    pub password: Option<String>,
    pub ephemeral: bool,
    pub unlisted: bool,
    pub history: History,
}

/// What an owner changes; what is `None` stays. A password of `Some(None)` is taken away.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    pub title: Option<String>,
    pub max: Option<u32>,
    pub password: Option<Option<String>>,
    pub listed: Option<bool>,
    pub history: Option<History>,
    pub slow_seconds: Option<u32>,
}

/// Rows of a removed room that one turn takes.
const SWEPT_AT_ONCE: u32 = 300;

impl App {
    /// Makes a room; its maker is owner and member.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long` with the field; `busy` when too many passwords wait.
    pub async fn create_room(&self, me: &User, request: RoomRequest) -> Result<Room> {
        self.rates.room(me.id)?;
        let password_hash = self.hash(request.password).await?;
        let RoomRequest { title, max, ephemeral, unlisted, history, .. } = request;
        let new = NewRoom { title, max, password_hash, ephemeral, unlisted, history };
        let (my_id, limits) = (me.id, self.config.limits.clone());
        let room = self.db.write(me.id, move |tx| room::create(tx, &limits, now_ms(), my_id, new)).await?;
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
    pub async fn change_room(&self, me: &User, id: RoomId, request: RoomChange) -> Result<Room> {
        self.rates.act(me.id)?;
        let password_hash = match request.password {
            None => None,
            Some(password) => Some(self.hash(password).await?),
        };
        let RoomChange { title, max, listed, history, slow_seconds, .. } = request;
        let change = Change { title, max, password_hash, listed, history, slow_seconds };
        let (me, limits) = (me.id, self.config.limits.clone());
        self.realtime.wait_for_space(id).await;
        let room = self.db.write(id, move |tx| room::change(tx, &limits, now_ms(), me, id, change)).await?;
        Ok(self.with_counts(room))
    }

    /// Hands the room to another member; the owner's alone.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`; `not_found` when the other is no member.
    pub async fn hand_over(&self, me: &User, id: RoomId, to: UserId) -> Result<Room> {
        let me = me.id;
        self.rates.act(me)?;
        self.realtime.wait_for_space(id).await;
        let room = self.db.write(id, move |tx| room::hand_over(tx, now_ms(), me, id, to)).await?;
        Ok(self.with_counts(room))
    }

    /// Removes a room with all that is in it; the owner's alone.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`.
    pub async fn remove_room(&self, me: &User, id: RoomId) -> Result<()> {
        let me = me.id;
        self.db.write(id, move |tx| room::remove(tx, now_ms(), me, id)).await?;
        self.sweep_rooms().await;
        Ok(())
    }

    /// Begins to take away what was said in removed rooms. The first turn, which is all of a small
    /// room, is done when this returns; a long history goes on in the background, a turn at a time,
    /// so that other acts get theirs in between.
    pub async fn sweep_rooms(&self) {
        if self.sweep_once().await {
            let app = self.clone();
            tokio::spawn(async move { while app.sweep_once().await {} });
        }
    }

    /// Whether there may be more.
    async fn sweep_once(&self) -> bool {
        match self.db.write(Subject::Server, |tx| room::sweep(tx, SWEPT_AT_ONCE)).await {
            Ok(swept) => {
                self.remove_bytes(swept.unneeded).await;
                swept.has_more
            }
            failed => {
                // The next turn of the house's keeping takes it up again.
                log_failure("sweeping a removed room", failed);
                false
            }
        }
    }

    async fn hash(&self, password: Option<String>) -> Result<Option<String>> {
        // An empty field of a form means no password.
        match password.filter(|password| !password.is_empty()) {
            Some(password) => self.passwords.hash(password).await.map(Some),
            None => Ok(None),
        }
    }
}
