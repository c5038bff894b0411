//! Jobs of the outbox that were given up, for admins.

use super::App;
use crate::chat::outbox::dead::{self, DeadJob};
use crate::db::Subject;
use crate::error::Result;
use crate::ids::UserId;

impl App {
    /// Returns the jobs that were given up, the latest first, below a number.
    ///
    /// # Errors
    /// `forbidden`; `invalid` with the field `limit`.
    pub async fn dead_jobs(&self, me: UserId, below: Option<i64>, limit: Option<u32>) -> Result<Vec<DeadJob>> {
        let limit = self.config.limits.page(limit.unwrap_or(self.config.limits.page_default))?;
        self.db.read(move |tx| dead::list(tx, Some(me), below, limit)).await
    }

    /// Queues a job that was given up again.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden`; `not_found`.
    pub async fn retry_job(&self, me: UserId, number: i64) -> Result<()> {
        self.rates.act(me)?;
        self.write(Subject::Server, move |tx, _, now| dead::retry(tx, now, Some(me), number)).await
    }

    /// Drops a job that was given up.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden`; `not_found`.
    pub async fn drop_job(&self, me: UserId, number: i64) -> Result<()> {
        self.rates.act(me)?;
        self.write(Subject::Server, move |tx, _, now| dead::remove(tx, now, Some(me), number)).await
    }
}
