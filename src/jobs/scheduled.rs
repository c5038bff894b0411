//! Messages that were scheduled, and reminders: sent when they are due.

use std::time::Duration;

use super::given_up::refuse;
use super::worker::Attempt;
use crate::chat::scheduled;
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
        let Some(scheduled) = found.filter(|scheduled| scheduled.refused.is_none()) else { return Attempt::Done(None) };
        // The clock was put back.
        let early = scheduled.due.at - now_ms();
        if early > 0 {
            return Attempt::Deferred(Duration::from_millis(early.unsigned_abs()));
        }
        let user_id = scheduled.user_id;
        let error = match self.send_scheduled(scheduled.clone()).await {
            Ok(_) => return Attempt::Done(None),
            Err(error) => error,
        };
        match error.code {
            // It was changed just now. If it was cancelled, its job is gone, too.
            Code::NotFound => Attempt::Deferred(Duration::from_secs(1)),
            code if code.is_retryable() => Attempt::Postponed(code.name(), error.retry_after),
            code => match self.write(user_id, move |tx, limits, now| refuse(tx, limits, now, &scheduled, code)).await {
                Ok(()) => Attempt::Done(None),
                Err(_) => Attempt::Failed("the database does not answer"),
            },
        }
    }
}
