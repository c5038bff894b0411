//! Messages that are sent later, and reminders.

use tokio::sync::{Mutex, MutexGuard};

use super::App;
use crate::chat::kinds::ScheduledKind;
use crate::chat::message::Message;
use crate::chat::scheduled::{self, NewScheduled, Scheduled};
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::due_time::{DueTime, When};
use crate::error::{Error, Result};
use crate::i18n::Lang;
use crate::ids::{RoomId, ScheduledId, UserId};

/// Whose scheduled messages are sent at the moment: several jobs may send those of one user, and their order counts.
#[derive(Default)]
pub(crate) struct Turns([Mutex<()>; 32]);

impl Turns {
    /// Waits for the turn of a user, which a few others may share.
    pub(crate) async fn take(&self, user_id: UserId) -> MutexGuard<'_, ()> {
        let place = user_id.as_u128() % self.0.len() as u128;
        self.0[place as usize].lock().await
    }
}

impl App {
    /// Schedules a message, or a reminder.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` or `too_long` with the field `text`, `replyTo` or `at`; `room_not_found`, `gone`,
    /// `not_a_member`; `too_many`; `unavailable` on a full disk.
    pub async fn schedule(&self, me: UserId, room_id: RoomId, new: NewScheduled) -> Result<Scheduled> {
        self.rates.act(me)?;
        self.budgets.store(&self.disk_space, me, new.text.len())?;
        self.write(me, move |tx, limits, now| scheduled::create(tx, limits, now, me, room_id, new.clone())).await
    }

    /// Schedules a reminder from words such as `20m tea`.
    ///
    /// # Errors
    /// As [`App::schedule`]; `invalid` with the field `when` for words that name no time, and `zone`.
    pub async fn remind(
        &self,
        me: UserId,
        room_id: RoomId,
        words: &str,
        zone: Option<&str>,
        lang: Lang,
    ) -> Result<Scheduled> {
        let (when, text) = When::parse(words)
            .ok_or_else(|| Error::invalid("when", "begin with a time, such as 20m or tomorrow 9:00"))?;
        let due = DueTime::of_words(&when, now_ms(), zone.unwrap_or("UTC"))?;
        let (kind, text) = (ScheduledKind::Reminder, text.to_owned());
        self.schedule(me, room_id, NewScheduled { kind, text, reply_to: None, due, lang: lang.code() }).await
    }

    /// Returns what a user has scheduled, each with the name of its room; `None` once they are no longer a member.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn scheduled(&self, me: UserId) -> Result<Vec<(Scheduled, Option<String>)>> {
        let list = move |tx: &mut Tx| {
            let list = scheduled::list(tx, me)?.into_iter();
            list.map(|one| scheduled::room_name(tx, &one).map(|name| (one, name))).collect()
        };
        self.db.read(list).await
    }

    /// Returns one scheduled message, as [`App::scheduled`] does.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn one_scheduled(&self, me: UserId, id: ScheduledId) -> Result<(Scheduled, Option<String>)> {
        let find = move |tx: &mut Tx| {
            let found = scheduled::get(tx, me, id)?;
            scheduled::room_name(tx, &found).map(|name| (found, name))
        };
        self.db.read(find).await
    }

    /// Counts the messages of a user that could not be sent.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn refused_scheduled(&self, me: UserId) -> Result<u64> {
        self.db.read(move |tx| scheduled::refused_count(tx, me)).await
    }

    /// Changes the text of a scheduled message, when it is due, or both.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`; `invalid` or `too_long` with the field `text` or `at`.
    pub async fn change_scheduled(
        &self,
        me: UserId,
        id: ScheduledId,
        text: Option<String>,
        due: Option<DueTime>,
    ) -> Result<Scheduled> {
        self.rates.act(me)?;
        self.budgets.store(&self.disk_space, me, text.as_ref().map_or(0, String::len))?;
        let change = move |tx: &mut Tx, limits: &Limits, now| {
            scheduled::change(tx, limits, now, me, id, text.as_deref(), due.as_ref())
        };
        self.write(me, change).await
    }

    /// Cancels a scheduled message.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn cancel_scheduled(&self, me: UserId, id: ScheduledId) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| scheduled::cancel(tx, me, id)).await
    }

    /// Sends a scheduled message at once.
    ///
    /// # Errors
    /// `not_found`; those of [`App::send`].
    pub async fn send_scheduled_now(&self, me: UserId, id: ScheduledId) -> Result<Message> {
        let found = self.db.read(move |tx| scheduled::get(tx, me, id)).await?;
        self.send_scheduled(found).await
    }

    /// Sends a scheduled message, or reminds its user.
    ///
    /// # Errors
    /// As [`App::send_scheduled_now`]; `not_found` for one that was changed meanwhile.
    pub(crate) async fn send_scheduled(&self, scheduled: Scheduled) -> Result<Message> {
        let Scheduled { user_id, room_id, .. } = scheduled;
        self.rates.send(user_id)?;
        self.budgets.store(&self.disk_space, user_id, scheduled.text.len())?;
        self.realtime.wait_for_space(room_id).await;
        let limits = self.limits_of_text(user_id, &scheduled.text, scheduled.kind == ScheduledKind::Reminder);
        self.write(room_id, move |tx, _, now| scheduled::send(tx, &limits, now, &scheduled)).await
    }

    /// Moves what is due at another moment since the rules of its zone have changed, as a newer program or system knows
    /// them.
    pub async fn correct_due_times(&self) {
        let mut after = Some(ScheduledId::from_u128(0));
        while let Some(id) = after {
            let corrected = self.write(Subject::Server, move |tx, _, now| scheduled::correct(tx, now, id)).await;
            after = corrected.unwrap_or_else(|error| {
                tracing::warn!(%error, "cannot look at the times of scheduled messages; it is tried again tomorrow");
                None
            });
        }
    }
}
