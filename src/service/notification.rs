//! Notifications: the levels of rooms, and quiet hours.

use super::App;
use crate::chat::kinds::NotifyLevel;
use crate::chat::notification::{self, QuietHours, RoomLevel};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

impl App {
    /// Returns the rooms that do not notify of everything, and the quiet hours.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn notifications(&self, me: UserId) -> Result<(Vec<RoomLevel>, Option<QuietHours>)> {
        self.db.read(move |tx| Ok((notification::levels(tx, me)?, notification::quiet_hours(tx, me)?))).await
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
