//! Messages that were scheduled, and reminders: sent when they are due.

use super::given_up::refuse;
use super::worker::Attempt;
use crate::chat::scheduled::{self, Scheduled};
use crate::clock::now_ms;
use crate::error::Code;
use crate::ids::ScheduledId;
use crate::service::App;

impl App {
    /// Sends a scheduled message once. What is refused for good becomes a draft; what is refused for now is tried again.
    pub(super) async fn try_scheduled(&self, id: ScheduledId) -> Attempt {
        let found = match self.db.read(move |tx| scheduled::find(tx, id)).await {
            Ok(found) => found,
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let is_due = |scheduled: &Scheduled| scheduled.refused.is_none() && scheduled.due.at <= now_ms();
        let Some(scheduled) = found.filter(is_due) else { return Attempt::Done(None) };
        let user_id = scheduled.user_id;
        let error = match self.send_scheduled(scheduled.clone()).await {
            Ok(_) => return Attempt::Done(None),
            Err(error) => error,
        };
        match error.code {
            // It was changed or cancelled just now.
            Code::NotFound => Attempt::Done(None),
            code if code.is_retryable() => Attempt::Postponed(code.name(), error.retry_after),
            code => match self.write(user_id, move |tx, limits, now| refuse(tx, limits, now, &scheduled, code)).await {
                Ok(()) => Attempt::Done(None),
                Err(_) => Attempt::Failed("the database does not answer"),
            },
        }
    }
}
