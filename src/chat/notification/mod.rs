//! Notifications: how much each room notifies a member, the hours in which a user is not notified, and the people of whose
//! messages they are not. The browser, and whatever else notifies, asks here.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod fan_out;
mod pending;

pub use fan_out::{Checked, Work, check, notify};
pub(super) use fan_out::{begin, queue, queue_shown};
pub(super) use pending::personal_rooms;
pub use pending::{Pending, Since, pending, shown};

use super::kinds::NotifyLevel;
use super::user::{self, User};
use super::{Limits, Tx, block, member};
use crate::db::Fault;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

const DAY_MINUTES: u16 = 24 * 60;
/// The farthest that a time zone is from UTC.
const MAX_MINUTES_EAST: u16 = 14 * 60;

/// The level of a room that is not `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomLevel {
    pub room: RoomId,
    pub level: NotifyLevel,
}

/// The hours in which a user is not notified, in minutes of their local day. They may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuietHours {
    /// 0 to 1439.
    pub from: u16,
    /// 0 to 1439.
    pub until: u16,
    /// How many minutes the user's clock is ahead of UTC.
    pub minutes_east: i16,
}

impl QuietHours {
    /// Returns whether the hours include a time, given in milliseconds.
    pub fn include(self, now: i64) -> bool {
        let local = now.div_euclid(60_000) + i64::from(self.minutes_east);
        let minute = local.rem_euclid(i64::from(DAY_MINUTES)) as u16;
        match self.from <= self.until {
            true => (self.from..self.until).contains(&minute),
            false => minute >= self.from || minute < self.until,
        }
    }

    fn check(self) -> Result<Self> {
        let minutes_east = self.minutes_east.unsigned_abs() <= MAX_MINUTES_EAST;
        let fields =
            [("from", self.from < DAY_MINUTES), ("until", self.until < DAY_MINUTES), ("minutesEast", minutes_east)];
        match fields.into_iter().find(|(_, is_valid)| !is_valid) {
            Some((field, _)) => Err(Error::invalid(field, format!("{field} is out of range"))),
            None => Ok(self),
        }
    }
}

/// Sets how much a room notifies a member.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`.
pub fn set_level(tx: &mut Tx, me: UserId, room_id: RoomId, level: NotifyLevel) -> Result<()> {
    member::membership(tx, me, room_id)?;
    tx.execute("UPDATE members SET notify = ?3 WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &me, &level])?;
    Ok(())
}

/// Returns how much a room notifies a member.
///
/// # Errors
/// Only those of the store.
pub fn level(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<NotifyLevel> {
    let sql = "SELECT notify FROM members WHERE room_id = ?1 AND user_id = ?2";
    Ok(tx.query_opt(sql, &[&room_id, &me], |row| row.get(0))?.unwrap_or_default())
}

/// Returns the rooms of a user that do not notify of everything.
///
/// # Errors
/// Only those of the store.
pub fn levels(tx: &mut Tx, me: UserId) -> Result<Vec<RoomLevel>> {
    let sql = "SELECT room_id, notify FROM members WHERE user_id = ?1 AND notify <> 'all' ORDER BY room_id LIMIT 1000";
    Ok(tx.query_all(sql, &[&me], |row| Ok(RoomLevel { room: row.get(0)?, level: row.get(1)? }))?)
}

/// Returns the rooms that notify a user and have something unread, at most 100, the latest active first.
///
/// # Errors
/// Only those of the store.
pub fn rooms(tx: &mut Tx, me: UserId) -> Result<Vec<RoomId>> {
    let sql = "SELECT m.room_id FROM members m JOIN rooms r ON r.id = m.room_id
               WHERE m.user_id = ?1 AND m.notify <> 'none' AND m.is_request = 0 AND m.read_seq < r.rev
               ORDER BY r.active_at DESC, r.id LIMIT 100";
    Ok(tx.query_all(sql, &[&me], |row| row.get(0))?)
}

/// Sets or removes the quiet hours of a user.
///
/// # Errors
/// `invalid` with the field `from`, `until` or `minutesEast`.
pub fn set_quiet_hours(tx: &mut Tx, me: UserId, hours: Option<QuietHours>) -> Result<()> {
    let hours = hours.map(QuietHours::check).transpose()?;
    let (from, until) = (hours.map(|hours| i64::from(hours.from)), hours.map(|hours| i64::from(hours.until)));
    let east = hours.map(|hours| i64::from(hours.minutes_east));
    tx.execute(
        "UPDATE users SET quiet_from = ?2, quiet_until = ?3, quiet_minutes_east = ?4 WHERE id = ?1",
        &[&me, &from, &until, &east],
    )?;
    Ok(())
}

/// Returns the quiet hours of a user.
///
/// # Errors
/// Only those of the store.
pub fn quiet_hours(tx: &mut Tx, me: UserId) -> Result<Option<QuietHours>> {
    let sql = "SELECT quiet_from, quiet_until, quiet_minutes_east FROM users WHERE id = ?1";
    let found = tx.query_opt(sql, &[&me], |row| {
        let number = |at| row.get::<Option<i64>>(at);
        Ok::<_, Fault>((number(0)?, number(1)?, number(2)?))
    })?;
    let Some((Some(from), Some(until), Some(east))) = found else { return Ok(None) };
    Ok(Some(QuietHours { from: from as u16, until: until as u16, minutes_east: east as i16 }))
}

/// Notifies a user of no more messages of a person, who does not learn of it. Their messages stay as they are.
///
/// # Errors
/// `invalid` with the field `userId` for oneself; `not_found` for an unknown user; `too_many` over the limit.
pub fn mute_person(tx: &mut Tx, limits: &Limits, now: i64, me: UserId, person: UserId) -> Result<()> {
    if person == me {
        return Err(Error::invalid("userId", "nobody is notified of their own messages"));
    }
    user::get(tx, person)?;
    let sql = "SELECT COUNT(*) FROM notification_mutes WHERE user_id = ?1 AND muted_id <> ?2";
    let count: u64 = tx.query_one(sql, &[&me, &person], |row| row.get(0))?;
    if count >= u64::from(limits.blocks_max) {
        return Err(Code::TooMany.into());
    }
    tx.execute(
        "INSERT INTO notification_mutes (user_id, muted_id, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id, muted_id) DO NOTHING",
        &[&me, &person, &now],
    )?;
    Ok(())
}

/// Notifies a user of the messages of a person again.
///
/// # Errors
/// Only those of the store.
pub fn unmute_person(tx: &mut Tx, me: UserId, person: UserId) -> Result<()> {
    tx.execute("DELETE FROM notification_mutes WHERE user_id = ?1 AND muted_id = ?2", &[&me, &person])?;
    Ok(())
}

/// Returns the people whom a user has muted, by name. The limit of blocks bounds the list.
///
/// # Errors
/// Only those of the store.
pub fn muted_people(tx: &mut Tx, me: UserId) -> Result<Vec<User>> {
    static LIST: LazyLock<String> = LazyLock::new(|| {
        let user = user::columns("u");
        format!(
            "SELECT {user} FROM notification_mutes m JOIN users u ON u.id = m.muted_id WHERE m.user_id = ?1
             ORDER BY u.name_folded, u.id"
        )
    });
    Ok(tx.query_all(&LIST, &[&me], |row| user::read(&mut row.columns()))?.into_iter().flatten().collect())
}

/// Returns whether a user is not to be notified of a person's messages: they have muted or blocked them.
///
/// # Errors
/// Only those of the store.
pub fn is_muted_by(tx: &mut Tx, person: UserId, by: UserId) -> Result<bool> {
    let sql = "SELECT 1 FROM notification_mutes WHERE user_id = ?1 AND muted_id = ?2";
    let is_muted = tx.query_opt(sql, &[&by, &person], |row| row.get::<i64>(0))?.is_some();
    Ok(is_muted || block::is_blocked(tx, by, person)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::chat::fixtures::{LIMITS, Store};

    #[tokio::test]
    async fn who_is_muted_or_blocked_notifies_only_others() {
        let store = Store::open();
        let (minji, jun, sora) = (store.guest("minji").await, store.guest("jun").await, store.guest("sora").await);
        let (me, muted, blocked) = (minji.id, jun.id, sora.id);
        let set = move |tx: &mut Tx| {
            mute_person(tx, &LIMITS, 1, me, muted)?;
            block::add(tx, &LIMITS, 1, me, blocked)
        };
        store.write(set).await.unwrap();
        let ask = move |tx: &mut Tx| {
            [(muted, me), (blocked, me), (me, muted), (muted, blocked)]
                .map(|(who, by)| is_muted_by(tx, who, by))
                .into_iter()
                .collect::<Result<Vec<_>>>()
        };
        assert_eq!(store.read(ask).await.unwrap(), [true, true, false, false]);
        store.write(move |tx| unmute_person(tx, me, muted)).await.unwrap();
        assert!(!store.read(move |tx| is_muted_by(tx, muted, me)).await.unwrap());
    }

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn quiet_hours_are_those_of_the_users_clock_and_may_pass_midnight() {
        let night = QuietHours { from: 22 * 60, until: 7 * 60, minutes_east: 9 * 60 };
        // 21:00, 22:00, 03:00 and 07:00 in Seoul.
        let at = |hour: i64| night.include((hour - 9) * HOUR_MS);
        assert_eq!([21, 22, 27, 31].map(at), [false, true, true, false]);
        let noon = QuietHours { from: 12 * 60, until: 13 * 60, minutes_east: 0 };
        assert!(noon.include(12 * HOUR_MS) && !noon.include(13 * HOUR_MS));
        assert!(QuietHours { from: 1_440, ..noon }.check().is_err());
    }
}
