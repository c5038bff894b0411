//! Reports: made by users, decided by moderators and admins.

use std::collections::BTreeMap;

use super::App;
use crate::chat::message::{self, Message};
use crate::chat::report::{self, Act, NewReport, OpenReports, Queue, Reports};
use crate::error::{Code, Result};
use crate::ids::{MessageId, ReportId, RoomId, UserId};

impl App {
    /// Reports a message.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for one's own message or one that one may not see; `too_long` with the field `note`;
    /// `too_many`.
    pub async fn report_message(&self, me: UserId, id: MessageId, new: NewReport) -> Result<ReportId> {
        self.rates.report(me)?;
        self.write(me, move |tx, _, now| report::report_message(tx, now, me, id, new.clone())).await
    }

    /// Returns a message as the user who may report it sees it.
    ///
    /// # Errors
    /// `forbidden` for one that the user may not see, and for one that is deleted or hidden.
    pub async fn message_to_report(&self, me: UserId, id: MessageId) -> Result<Message> {
        self.db.read(move |tx| message::to_report(tx, me, id)).await
    }

    /// Reports a user.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `userId` for oneself; `not_found`; `not_a_member`, `room_not_found`;
    /// `too_long` with the field `note`; `too_many`.
    pub async fn report_user(
        &self,
        me: UserId,
        user_id: UserId,
        room_id: Option<RoomId>,
        new: NewReport,
    ) -> Result<ReportId> {
        self.rates.report(me)?;
        self.write(me, move |tx, _, now| report::report_user(tx, now, me, user_id, room_id, new.clone())).await
    }

    /// Returns a page of reports, the newest first.
    ///
    /// # Errors
    /// `forbidden`, `room_not_found`, `gone`, `not_a_member`; `invalid` with the field `limit`.
    pub async fn reports(
        &self,
        me: UserId,
        queue: Queue,
        is_open: bool,
        after: Option<ReportId>,
        limit: Option<u32>,
    ) -> Result<Reports> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| report::list(tx, &limits, me, queue, is_open, after, limit)).await
    }

    /// Counts the open reports of the whole server; `None` for a user who is no admin.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn open_reports(&self, me: UserId) -> Result<Option<u64>> {
        match self.db.read(move |tx| report::open_count(tx, me, Queue::Server)).await {
            Err(error) if error.code == Code::Forbidden => Ok(None),
            count => count.map(Some),
        }
    }

    /// Counts the open reports for all who decide them, after one in a room, or one for admins only, has changed.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn open_reports_of(&self, room_id: Option<RoomId>) -> Result<BTreeMap<UserId, Vec<OpenReports>>> {
        self.db.read(move |tx| report::open_counts(tx, room_id)).await
    }

    /// Decides a report.
    ///
    /// # Errors
    /// `rate_limited`; `not_found` for a report that is unknown, decided, or for others to decide; `forbidden`; `invalid`
    /// with the field; those of the act.
    pub async fn decide_report(&self, me: UserId, id: ReportId, act: Act) -> Result<()> {
        self.rates.act(me)?;
        let decided = self.write(me, move |tx, limits, now| report::decide(tx, limits, now, me, id, &act)).await?;
        self.remove_bytes(decided.unneeded).await;
        Ok(())
    }
}
