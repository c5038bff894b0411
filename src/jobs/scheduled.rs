//! Messages that were scheduled, and reminders: sent when they are due.

use std::time::Duration;

use super::given_up::refuse;
use super::worker::Attempt;
use crate::chat::scheduled::{self, Scheduled};
use crate::clock::now_ms;
use crate::error::Code;
use crate::ids::ScheduledId;
use crate::service::App;

/// How many of one room a job sends at most: no user has more that wait.
const AT_ONCE: usize = 200;

impl App {
    /// Sends a scheduled message once, after those of its user and room that come before it.
    pub(super) async fn try_scheduled(&self, id: ScheduledId) -> Attempt {
        for _ in 0..AT_ONCE {
            let next = match self.db.read(move |tx| scheduled::find_next(tx, id)).await {
                Ok(Some(next)) => next,
                Ok(None) => return Attempt::Done(None),
                Err(_) => return Attempt::Failed("the database does not answer"),
            };
            if let Err(attempt) = self.send_or_refuse(next).await {
                return attempt;
            }
        }
        Attempt::Deferred(Duration::from_secs(1))
    }

    /// Sends a message that is due. What is refused for good becomes a draft; what is refused for now is tried again.
    async fn send_or_refuse(&self, scheduled: Scheduled) -> Result<(), Attempt> {
        // The clock was put back.
        let early = scheduled.due.at - now_ms();
        if early > 0 {
            return Err(Attempt::Deferred(Duration::from_millis(early.unsigned_abs())));
        }
        let user_id = scheduled.user_id;
        let Err(error) = self.send_scheduled(scheduled.clone()).await else { return Ok(()) };
        match (error.code, error.retry_after) {
            // It was sent, changed or cancelled just now.
            (Code::NotFound, _) => Ok(()),
            // Slow mode and limits are no failures.
            (code, Some(wait)) if code.is_retryable() => Err(Attempt::Deferred(wait)),
            (code, None) if code.is_retryable() => Err(Attempt::Failed(code.name())),
            (code, _) => {
                let refused =
                    self.write(user_id, move |tx, limits, now| refuse(tx, limits, now, &scheduled, code)).await;
                refused.map_err(|_| Attempt::Failed("the database does not answer"))
            }
        }
    }
}
