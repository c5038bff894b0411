//! Notifications: the levels of rooms, quiet hours, and muted people.

use schemars::JsonSchema;
use serde::Serialize;

use super::App;
use crate::chat::kinds::NotifyLevel;
use crate::chat::notification::{self, QuietHours, RoomLevel};
use crate::chat::user::User;
use crate::chat::{Limits, Tx};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// What a user has set.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// The rooms whose level is not `all`.
    pub rooms: Vec<RoomLevel>,
    pub quiet_hours: Option<QuietHours>,
    /// The people of whose messages the user is not notified, by name.
    pub muted_users: Vec<User>,
}

impl App {
    /// Returns what a user has set.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn notifications(&self, me: UserId) -> Result<Notifications> {
        let read = move |tx: &mut Tx| {
            let (rooms, quiet_hours) = (notification::levels(tx, me)?, notification::quiet_hours(tx, me)?);
            Ok(Notifications { rooms, quiet_hours, muted_users: notification::muted_people(tx, me)? })
        };
        self.db.read(read).await
    }

    /// Notifies a user of no more messages of a person, or again.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `userId` for oneself; `not_found`, `too_many`.
    pub async fn mute_person(&self, me: UserId, person: UserId, on: bool) -> Result<()> {
        self.rates.act(me)?;
        let set = move |tx: &mut Tx, limits: &Limits, now| match on {
            true => notification::mute_person(tx, limits, now, me, person),
            false => notification::unmute_person(tx, me, person),
        };
        self.write(me, set).await
    }

    /// Sets how much a room notifies.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`.
    pub async fn set_notify_level(&self, me: UserId, room_id: RoomId, level: NotifyLevel) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| notification::set_level(tx, me, room_id, level)).await
    }

    /// Sets or removes the quiet hours.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `from`, `until` or `minutesEast`.
    pub async fn set_quiet_hours(&self, me: UserId, hours: Option<QuietHours>) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| notification::set_quiet_hours(tx, me, hours)).await
    }
}
