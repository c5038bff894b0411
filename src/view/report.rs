//! The form of a report, and the queues of those who decide.

use askama::Template;

use super::admin::{Head, moment, tabs};
use super::part::*;
use super::{asset, render};
use crate::chat::kinds::{Decision, ReportReason};
use crate::chat::member::Mute;
use crate::chat::report::Report;
use crate::chat::room::Room;
use crate::error::Code;
use crate::i18n::Lang;
use crate::ids::{MessageId, ReportId, UserId};

/// `/room/{id}/report`
#[derive(Template)]
#[template(path = "report/report.html")]
pub struct ReportPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// What is reported: a message, or else a user.
    pub message: Option<MessageId>,
    pub user_id: Option<UserId>,
    /// The name of the reported user, and the text of the message.
    pub about: Option<(String, String)>,
    pub is_done: bool,
    pub notice: Option<Code>,
}

/// `/room/{id}/reports` and `/admin/reports`
#[derive(Template)]
#[template(path = "report/reports.html")]
pub struct ReportsPage<'a> {
    pub lang: Lang,
    /// The room of the queue; `None` for that of the server.
    pub room: Option<&'a Room>,
    pub is_open: bool,
    pub reports: &'a [Report],
    /// The cursor of the next page.
    pub next: Option<ReportId>,
    pub head: Head<'a>,
    /// The muted users of the room.
    pub mutes: &'a [Mute],
    /// Until when nobody new comes into the room.
    pub locked_until: Option<&'a str>,
}

impl ReportPage<'_> {
    fn reasons(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ReportReason::OF_USERS.map(ReportReason::as_str).into_iter().zip(self.lang.strings().report.reasons)
    }

    pub fn html(&self) -> String {
        render(self)
    }
}

impl ReportsPage<'_> {
    fn path(&self) -> String {
        self.room.map_or_else(|| "/admin/reports".to_owned(), |room| format!("/room/{}/reports", room.id))
    }

    fn reason(&self, report: &Report) -> &'static str {
        let words = &self.lang.strings().report;
        let mut labels = ReportReason::OF_USERS.into_iter().zip(words.reasons);
        labels.find(|(reason, _)| *reason == report.reason).map_or(words.by_filter, |(_, label)| label)
    }

    fn decision(&self, report: &Report) -> &'static str {
        let mut labels = Decision::ALL.into_iter().zip(self.lang.strings().report.decisions);
        labels.find(|(decision, _)| Some(*decision) == report.decision).map_or("", |(_, label)| label)
    }

    pub fn html(&self) -> String {
        render(self)
    }
}
