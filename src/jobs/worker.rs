//! The worker of the outbox: takes the jobs that are due, several targets at a time and each target in order, and
//! deletes a row only when its job is done or given up.
//!
//! It looks when an act has queued a job and when the next one is due. Which jobs are running is known here alone: a
//! process that ends leaves its rows as they are, and the next process starts with them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::chat::Tx;
use crate::chat::kinds::JobKind;
use crate::chat::outbox::{self, Job, Target};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::metrics;
use crate::service::{App, log_failure};

/// Jobs that run at a time.
const AT_ONCE: usize = 8;
/// The delay before the next try when the database does not answer.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The longest sleep: the clock by which jobs are due may be set meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// The result of an attempt.
pub(super) enum Attempt {
    /// The job is done, or no longer wanted. The write runs in the transaction that deletes the row.
    Done(Option<Written>),
    /// The job failed for this reason and is tried again.
    Failed(&'static str),
}

pub(super) type Written = Box<dyn Fn(&mut Tx) -> Result<()> + Send + Sync>;

/// The running worker.
pub struct Outbox {
    is_ending: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Outbox {
    /// Lets the worker start no further job.
    pub fn begin_end(&self) {
        self.is_ending.send_replace(true);
    }

    /// Waits for running jobs, at most this long. Those that have not ended stay in the outbox.
    pub async fn end(mut self, wait: Duration) {
        self.begin_end();
        if timeout(wait, &mut self.worker).await.is_err() {
            self.worker.abort();
        }
    }
}

impl App {
    /// Starts the worker, which begins with the jobs that an earlier process left.
    pub fn start_outbox(&self) -> Outbox {
        let (is_ending, ending) = watch::channel(false);
        let worker = Worker { app: self.clone(), running: JoinSet::new(), busy: HashMap::new() };
        Outbox { is_ending, worker: tokio::spawn(worker.run(ending)) }
    }

    async fn try_job(self, job: Job) {
        let (app, tried) = (self.clone(), job.clone());
        // In a task of its own, so that a panic costs one attempt.
        let tried = tokio::spawn(async move {
            match tried.kind {
                JobKind::Preview => app.try_preview(tried.target.message_id(), tried.payload).await,
                JobKind::ResetEmail => app.try_reset_email(tried.target.user_id(), &tried.payload).await,
            }
        });
        let tried = tried.await.unwrap_or_else(|error| {
            tracing::error!(%error, number = job.number, kind = ?job.kind, "an outbox job panicked");
            Attempt::Failed("it panicked")
        });
        let ended = match tried {
            Attempt::Done(written) => self.done(job.number, written).await,
            Attempt::Failed(why) => self.failed(&job, why).await,
        };
        if ended.is_err() {
            log_failure("finishing an outbox job", ended);
            // It is still due and would be tried again at once.
            sleep(RETRY_DELAY).await;
        }
    }

    async fn done(&self, number: i64, written: Option<Written>) -> Result<()> {
        let end = move |tx: &mut Tx| {
            if let Some(write) = &written {
                write(tx)?;
            }
            outbox::end(tx, now_ms(), number)
        };
        self.db.write(Subject::Server, end).await
    }

    async fn failed(&self, job: &Job, why: &'static str) -> Result<()> {
        metrics::OUTBOX_FAILURES.add(&[job.kind.as_str()]);
        let (number, limits) = (job.number, self.config.limits.clone());
        if self.db.write(Subject::Server, move |tx| outbox::failed(tx, &limits, now_ms(), number)).await? {
            tracing::info!(number, kind = ?job.kind, tries = job.tries + 1, why, "outbox job given up");
        } else {
            tracing::debug!(number, kind = ?job.kind, tries = job.tries + 1, why, "outbox job failed; it is tried again later");
        }
        Ok(())
    }
}

struct Worker {
    app: App,
    running: JoinSet<()>,
    /// The jobs of the running tasks.
    busy: HashMap<Id, (JobKind, Target)>,
}

impl Worker {
    async fn run(mut self, mut ending: watch::Receiver<bool>) {
        loop {
            let sleep_for = self.begin_due().await;
            tokio::select! {
                // Also when the handle is gone.
                _ = ending.wait_for(|is_ending| *is_ending) => break,
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
                () = self.app.realtime.job_queued.notified() => {}
                () = sleep(sleep_for) => {}
            }
        }
        while self.running.join_next().await.is_some() {}
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.busy.remove(&id);
    }

    /// Starts the jobs that are due. Returns how long there is nothing more to start.
    async fn begin_due(&mut self) -> Duration {
        let free = AT_ONCE - self.running.len();
        // One node runs jobs; another that takes over is woken.
        if free == 0 || !self.app.is_leader() {
            return MAX_SLEEP;
        }
        self.begin_some(free).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot read the outbox; it is tried again");
            RETRY_DELAY
        })
    }

    async fn begin_some(&mut self, free: usize) -> Result<Duration> {
        let now = now_ms();
        // Running jobs are still due.
        let most = free + self.running.len();
        let mut due = self.app.db.read(move |tx| outbox::due(tx, now, most)).await?;
        due.jobs.retain(|job| !self.busy.values().any(|busy| *busy == (job.kind, job.target)));
        due.jobs.truncate(free);
        let sleep_for = due
            .next_at
            .map_or(MAX_SLEEP, |at| Duration::from_millis(at.saturating_sub(now).unsigned_abs()).min(MAX_SLEEP));
        let picked = due.jobs.len();
        if picked == 0 {
            return Ok(sleep_for);
        }
        let tries_max = self.app.config.limits.outbox_tries;
        let begun = self.app.db.write(Subject::Server, move |tx| begin(tx, now, tries_max, due.jobs.clone())).await?;
        // If some were not started after all, others may be due in their place.
        let sleep_for = if begun.len() < picked { Duration::ZERO } else { sleep_for };
        for job in begun {
            let busy = (job.kind, job.target);
            let task = self.running.spawn(self.app.clone().try_job(job));
            self.busy.insert(task.id(), busy);
        }
        Ok(sleep_for)
    }
}

/// Counts an attempt of each job and returns those that still exist. A job that was attempted too often, because the
/// process ended each time, is given up.
fn begin(tx: &mut Tx, now: i64, tries_max: u32, jobs: Vec<Job>) -> Result<Vec<Job>> {
    let mut begun = Vec::with_capacity(jobs.len());
    for job in jobs {
        if job.tries >= tries_max {
            tracing::warn!(number = job.number, kind = ?job.kind, tries = job.tries, why = "it never ended", "outbox job given up");
            outbox::end(tx, now, job.number)?;
        } else if outbox::begin(tx, job.number)? {
            begun.push(job);
        }
    }
    Ok(begun)
}
