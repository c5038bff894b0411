//! `/me/scheduled`: what a user has scheduled.

use askama::Template;

use super::part::*;
use super::{asset, render};
use crate::chat::kinds::ScheduledKind;
use crate::chat::scheduled::Scheduled;
use crate::error::Code;
use crate::i18n::{Lang, local};

#[derive(Template)]
#[template(path = "scheduled/scheduled.html")]
pub struct ScheduledPage<'a> {
    pub lang: Lang,
    /// What could not be sent, then what is due next, each with the name of its room.
    pub scheduled: &'a [(Scheduled, Option<String>)],
    pub now: i64,
    pub text_max: usize,
    /// Why the last form was refused.
    pub notice: Option<Code>,
}

impl ScheduledPage<'_> {
    /// Renders the page.
    pub fn html(&self) -> String {
        render(self)
    }

    fn due(&self, one: &Scheduled) -> String {
        local::date_and_time(&one.due, self.now, self.lang)
    }
}

/// Returns a local time as an input field takes it: without seconds.
fn minute(local: &str) -> &str {
    local.get(..16).unwrap_or(local)
}
