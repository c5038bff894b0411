//! Messages that were scheduled, and reminders: sent when they are due.

use std::time::Duration;

use super::given_up::refuse;
use super::worker::Attempt;
use crate::chat::scheduled::{self, Scheduled};
use crate::clock::now_ms;
use crate::error::Code;
use crate::ids::ScheduledId;
use crate::service::App;

/// Why a try has failed that could not ask the database.
const AWAY: &str = "the database does not answer";
/// How many messages a job sends at most before others get their turn. A user has at most a hundred.
const SENDS_MAX: usize = 200;
/// The shortest pause before a job that had to wait is looked at again.
const PAUSE_MIN: Duration = Duration::from_secs(1);

impl App {
    /// Sends a scheduled message once, after those of its user and room that come before it.
    pub(super) async fn try_scheduled(&self, id: ScheduledId) -> Attempt {
        let found = match self.db.read(move |tx| scheduled::find(tx, id)).await {
            Ok(Some(found)) => found,
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed(AWAY),
        };
        let _turn = self.scheduled_turns.take(found.user_id).await;
        for _ in 0..SENDS_MAX {
            let next = match self.db.read(move |tx| scheduled::find_next(tx, id)).await {
                Ok(Some(next)) => next,
                Ok(None) => return Attempt::Done(None),
                Err(_) => return Attempt::Failed(AWAY),
            };
            let is_own = next.id == id;
            match self.send_or_refuse(next).await {
                Ok(()) => {}
                // The job of that message counts the failure.
                Err(Attempt::Failed(why)) if !is_own => return Attempt::Deferred(PAUSE_MIN, why),
                Err(attempt) => return attempt,
            }
        }
        Attempt::Deferred(PAUSE_MIN, Code::Busy.name())
    }

    /// Sends a message that is due. What is refused for good becomes a draft; what is refused for now is tried again.
    async fn send_or_refuse(&self, scheduled: Scheduled) -> Result<(), Attempt> {
        // The clock was put back.
        let early = scheduled.due.at - now_ms();
        if early > 0 {
            return Err(Attempt::Deferred(Duration::from_millis(early.unsigned_abs()), Code::Unavailable.name()));
        }
        let user_id = scheduled.user_id;
        let Err(error) = self.send_scheduled(scheduled.clone()).await else { return Ok(()) };
        match (error.code, error.retry_after) {
            // It was sent, changed or cancelled just now.
            (Code::NotFound, _) => Ok(()),
            // Slow mode and limits are no failures.
            (code, Some(wait)) if code.is_retryable() => Err(Attempt::Deferred(wait.max(PAUSE_MIN), code.name())),
            (code, None) if code.is_retryable() => Err(Attempt::Failed(code.name())),
            (code, _) => {
                let refused =
                    self.write(user_id, move |tx, limits, now| refuse(tx, limits, now, &scheduled, code)).await;
                refused.map_err(|_| Attempt::Failed(AWAY))
            }
        }
    }
}
