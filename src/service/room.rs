//! Rooms: created, changed, handed over, removed.

use super::budgets::GUESTS_CANNOT_CREATE;
use super::{App, log_failure};
use crate::chat::account;
use crate::chat::room::{self, Change, History, NewRoom, Room, Writers};
use crate::chat::user::{User, UserKind};
use crate::config::RoomCreators;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};
use crate::wire;

/// The settings of a new room.
#[derive(Clone, Debug, Default)]
pub struct RoomRequest {
    pub title: String,
    pub max: Option<u32>,
    pub password: Option<String>,
    pub ephemeral: bool,
    pub unlisted: bool,
    pub history: History,
}

impl From<wire::NewRoom> for RoomRequest {
    fn from(new: wire::NewRoom) -> Self {
        let wire::NewRoom { title, max, password, ephemeral, listed, history } = new;
        Self { title, max, password, ephemeral, unlisted: !listed, history }
    }
}

/// Changed settings of a room; `None` leaves one as it is. A password of `Some(None)` is removed.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    pub title: Option<String>,
    pub max: Option<u32>,
    pub password: Option<Option<String>>,
    pub listed: Option<bool>,
    pub history: Option<History>,
    pub slow_seconds: Option<u32>,
    pub writers: Option<Writers>,
    pub keep_messages_days: Option<u32>,
    pub keep_files_days: Option<u32>,
    pub revoke_invites: bool,
}

impl From<wire::ChangeRoom> for RoomChange {
    fn from(change: wire::ChangeRoom) -> Self {
        Self {
            title: change.title,
            max: change.max,
            password: change.password,
            listed: change.listed,
            history: change.history,
            slow_seconds: change.slow_seconds,
            writers: change.writers,
            keep_messages_days: change.keep_messages_days,
            keep_files_days: change.keep_files_days,
            revoke_invites: change.revoke_invites,
        }
    }
}

/// Rows of a removed room that one turn of the sweep deletes.
const SWEEP_BATCH: u32 = 300;

impl App {
    /// Returns whether a user may create open rooms; a visitor would be a guest.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn may_create_rooms(&self, me: Option<&User>) -> Result<bool> {
        let kind = me.map_or(UserKind::Guest, |me| me.kind);
        match (self.room_creators(), me) {
            (RoomCreators::Everyone, _) => Ok(self.budgets.may_create_rooms(kind)),
            (RoomCreators::Accounts, _) => Ok(kind != UserKind::Guest),
            (RoomCreators::Admins, None) => Ok(false),
            (RoomCreators::Admins, Some(me)) => {
                let me = me.id;
                self.db.read(move |tx| account::is_admin(tx, me)).await
            }
        }
    }

    /// Creates a room, with its creator as owner and member.
    ///
    /// # Errors
    /// `forbidden` where the settings allow it to others only; `rate_limited`; `invalid`, `too_long` with the field;
    /// `busy` when too many passwords wait.
    pub async fn create_room(&self, me: &User, request: RoomRequest) -> Result<Room> {
        let creators = self.room_creators();
        // Whether they are an admin is checked with the write.
        if creators != RoomCreators::Admins && !self.may_create_rooms(Some(me)).await? {
            return Err(Error::new(Code::Forbidden).with_message(GUESTS_CANNOT_CREATE));
        }
        self.rates.room(me.id)?;
        self.budgets.room(&self.disk_space, me.id)?;
        let password_hash = self.hash_room_password(me.id, request.password).await?;
        let RoomRequest { title, max, ephemeral, unlisted, history, .. } = request;
        let me = me.id;
        let from = self.budgets.network_and_kind(me);
        let network = from.map(|(network, kind)| format!("{} {network}", kind.as_str()));
        let new = NewRoom { title, max, password_hash, ephemeral, unlisted, history, network };
        let created = self.write(me, move |tx, limits, now| {
            if creators == RoomCreators::Admins && !account::is_admin(tx, me)? {
                return Err(Error::new(Code::Forbidden).with_message("only admins can create rooms on this server"));
            }
            room::create(tx, limits, now, me, new.clone())
        });
        let created = created.await;
        if created.is_err() {
            self.budgets.take_back_room(me);
        }
        Ok(self.with_counts(created?))
    }

    /// Returns a room as anyone may see it.
    ///
    /// # Errors
    /// `room_not_found`.
    pub async fn room(&self, viewer: Option<UserId>, id: RoomId) -> Result<Room> {
        let room = self.db.read(move |tx| room::get(tx, viewer, id)).await?;
        Ok(self.with_counts(room))
    }

    /// Changes a room's settings; for the owner.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`; `invalid`, `too_long` with the field.
    pub async fn change_room(&self, me: &User, id: RoomId, request: RoomChange) -> Result<Room> {
        self.rates.act(me.id)?;
        let my_id = me.id;
        let password_hash = match request.password {
            None => None,
            Some(password) => {
                // Checked first, as hashing is expensive.
                self.db.read(move |tx| room::check_owner(tx, my_id, id)).await?;
                Some(self.hash_room_password(my_id, password).await?)
            }
        };
        let change = Change {
            title: request.title,
            max: request.max,
            password_hash,
            listed: request.listed,
            history: request.history,
            slow_seconds: request.slow_seconds,
            writers: request.writers,
            keep_messages_days: request.keep_messages_days,
            keep_files_days: request.keep_files_days,
            revoke_invites: request.revoke_invites,
        };
        self.realtime.wait_for_space(id).await;
        let room =
            self.write(id, move |tx, limits, now| room::change(tx, limits, now, my_id, id, change.clone())).await?;
        Ok(self.with_counts(room))
    }

    /// Lets nobody new come in for some minutes, or ends that with 0; for the owner and the moderators.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `minutes`; `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn lock_joins(&self, me: UserId, id: RoomId, minutes: u32) -> Result<Room> {
        let room = self.act_in_room(me, id, move |tx, _, now| room::lock_joins(tx, now, me, id, minutes)).await?;
        Ok(self.with_counts(room))
    }

    /// Hands the room to another member; for the owner.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`; `not_found` when the other is not a member.
    pub async fn hand_over(&self, me: &User, id: RoomId, to: UserId) -> Result<Room> {
        let me = me.id;
        let room = self.act_in_room(me, id, move |tx, _, now| room::hand_over(tx, now, me, id, to)).await?;
        Ok(self.with_counts(room))
    }

    /// Removes a room with everything in it; for the owner.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `not_a_member`, `forbidden`.
    pub async fn remove_room(&self, me: &User, id: RoomId) -> Result<()> {
        let me = me.id;
        self.act_in_room(me, id, move |tx, _, now| room::remove(tx, now, me, id)).await?;
        self.sweep_rooms().await;
        Ok(())
    }

    /// Deletes the rows of removed rooms. The first turn, which is enough for a small room, is done when this
    /// returns. A long history continues in the background, so that other acts run in between.
    pub async fn sweep_rooms(&self) {
        if self.sweep_once().await {
            let app = self.clone();
            tokio::spawn(async move { while app.sweep_once().await {} });
        }
    }

    /// Returns whether there may be more.
    async fn sweep_once(&self) -> bool {
        match self.write(Subject::Server, |tx, _, _| room::sweep(tx, SWEEP_BATCH)).await {
            Ok(swept) => {
                self.remove_bytes(swept.unneeded).await;
                swept.has_more
            }
            failed => {
                // The next housekeeping continues.
                log_failure("deleting the content of a removed room", failed);
                false
            }
        }
    }
}
