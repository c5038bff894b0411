//! The form of a report, and the queues of those who decide.

use askama::Template;

use super::admin::{moment, tabs};
use super::part::*;
use super::{asset, render};
use crate::chat::member::Mute;
use crate::chat::report::Report;
use crate::chat::room::Room;
use crate::error::Code;
use crate::i18n::Lang;
use crate::ids::{MessageId, ReportId, RoomId, UserId};

/// `/room/{id}/report`
#[derive(Template)]
#[template(path = "report/report.html")]
pub struct ReportPage<'a> {
    pub lang: Lang,
    pub room: &'a Room,
    /// What is reported: a message, or else a user.
    pub message: Option<MessageId>,
    pub user_id: Option<UserId>,
    pub is_done: bool,
    pub notice: Option<Code>,
}

/// `/room/{id}/reports` and `/admin/reports`
#[derive(Template)]
#[template(path = "report/reports.html")]
pub struct ReportsPage<'a> {
    pub lang: Lang,
    /// The room of the queue; `None` for that of the server.
    pub room: Option<RoomId>,
    pub is_open: bool,
    pub reports: &'a [Report],
    /// The cursor of the next page.
    pub next: Option<ReportId>,
    pub is_done: bool,
    pub notice: Option<Code>,
    /// The muted users of the room.
    pub mutes: &'a [Mute],
    /// Until when nobody new comes into the room.
    pub locked_until: Option<&'a str>,
}

/// The reasons to choose from.
const REASONS: [&str; 6] = ["spam", "abuse", "sexual", "violence", "privacy", "other"];

impl ReportPage<'_> {
    fn reasons(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        REASONS.into_iter().zip(self.lang.strings().report.reasons)
    }

    pub fn html(&self) -> String {
        render(self)
    }
}

impl ReportsPage<'_> {
    fn path(&self) -> String {
        self.room.map_or_else(|| "/admin/reports".to_owned(), |room| format!("/room/{room}/reports"))
    }

    fn reason(&self, report: &Report) -> &'static str {
        let words = &self.lang.strings().report;
        let names = REASONS.into_iter().zip(words.reasons);
        let mut found = names.filter(|(name, _)| *name == report.reason.as_str());
        found.next().map_or(words.by_filter, |(_, label)| label)
    }

    fn decision(&self, report: &Report) -> &'static str {
        const ALL: [&str; 8] = ["dismiss", "hide", "show", "delete", "warn", "mute", "ban", "suspend"];
        let decided = report.decision.map_or("", |decision| decision.as_str());
        let names = ALL.into_iter().zip(self.lang.strings().report.decisions);
        names.filter(|(name, _)| *name == decided).map(|(_, label)| label).next().unwrap_or_default()
    }

    pub fn html(&self) -> String {
        render(self)
    }
}
