//! The one worker of the outbox: it takes what is due, several targets at a time and each target in
//! order, and lets a row go only when what it says has happened or is given up.
//!
//! It looks when an act has queued something and when the next row is due. What is under way is known
//! here alone: a process that ends leaves its rows as they are, and the next begins with them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::chat::Tx;
use crate::chat::outbox::{self, Job, JobKind, Target};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::service::{App, log_failure};

/// Rows that are worked on at a time.
const AT_ONCE: usize = 8;
/// How long it rests when the store does not answer.
const BREATH: Duration = Duration::from_secs(1);
/// How long it sleeps at most: the clock by which rows are due may be set meanwhile.
const NAP: Duration = Duration::from_secs(60);

/// What came of a try.
pub(super) enum Tried {
    /// It has happened, or is not wanted any more. What is still to be written of it is written in the
    /// transaction in which the row goes.
    Done(Option<Written>),
    /// It has not, for this reason, and is tried again.
    Failed(&'static str),
}

pub(super) type Written = Box<dyn FnOnce(&mut Tx) -> Result<()> + Send>;

/// The worker, for who ends it.
pub struct Outbox {
    is_ending: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

impl Outbox {
    /// Lets the worker begin nothing more.
    pub fn begin_end(&self) {
        self.is_ending.send_replace(true);
    }

    /// Waits for what is under way, at most so long. What has not come to its end stays in the outbox.
    pub async fn end(mut self, patience: Duration) {
        self.begin_end();
        if timeout(patience, &mut self.worker).await.is_err() {
            self.worker.abort();
        }
    }
}

impl App {
    /// Starts the worker. What an earlier process left is taken up at once.
    pub fn open_outbox(&self) -> Outbox {
        let (is_ending, ending) = watch::channel(false);
        let worker = Worker { app: self.clone(), under_way: JoinSet::new(), busy: HashMap::new() };
        Outbox { is_ending, worker: tokio::spawn(worker.run(ending)) }
    }

    async fn try_job(self, job: Job) {
        let (app, tried) = (self.clone(), job.clone());
        // In a task of its own, so that a panic costs one try.
        let tried = tokio::spawn(async move {
            match tried.kind {
                JobKind::Preview => app.try_preview(tried.target.message_id(), tried.payload).await,
            }
        });
        let tried = tried.await.unwrap_or_else(|error| {
            tracing::error!(%error, number = job.number, kind = ?job.kind, "a try of the outbox broke down");
            Tried::Failed("it broke down")
        });
        let ended = match tried {
            Tried::Done(written) => self.done(job.number, written).await,
            Tried::Failed(why) => self.failed(&job, why).await,
        };
        if ended.is_err() {
            log_failure("ending a row of the outbox", ended);
            // It is due as before: without a rest it would be tried without one.
            sleep(BREATH).await;
        }
    }

    async fn done(&self, number: i64, written: Option<Written>) -> Result<()> {
        let end = move |tx: &mut Tx| {
            if let Some(write) = written {
                write(tx)?;
            }
            outbox::end(tx, now_ms(), number)
        };
        self.db.write(Subject::Server, end).await
    }

    async fn failed(&self, job: &Job, why: &'static str) -> Result<()> {
        let (number, limits) = (job.number, self.config.limits.clone());
        if self.db.write(Subject::Server, move |tx| outbox::failed(tx, &limits, now_ms(), number)).await? {
            tracing::info!(number, kind = ?job.kind, tries = job.tries + 1, why, "given up");
        } else {
            tracing::debug!(number, kind = ?job.kind, tries = job.tries + 1, why, "tried again later");
        }
        Ok(())
    }
}

struct Worker {
    app: App,
    under_way: JoinSet<()>,
    /// What the tasks under way are at.
    busy: HashMap<Id, (JobKind, Target)>,
}

impl Worker {
    async fn run(mut self, mut ending: watch::Receiver<bool>) {
        loop {
            let rest = self.begin_due().await;
            tokio::select! {
                // Also when nobody is left who could end it.
                _ = ending.wait_for(|is_ending| *is_ending) => break,
                Some(ended) = self.under_way.join_next_with_id() => self.ended(ended),
                () = self.app.realtime.job_queued.notified() => {}
                () = sleep(rest) => {}
            }
        }
        while self.under_way.join_next().await.is_some() {}
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.busy.remove(&id);
    }

    /// Begins what is due and may be begun; how long there is nothing more to begin.
    async fn begin_due(&mut self) -> Duration {
        let free = AT_ONCE - self.under_way.len();
        if free == 0 {
            return NAP;
        }
        self.begin_some(free).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the outbox cannot be worked off now");
            BREATH
        })
    }

    async fn begin_some(&mut self, free: usize) -> Result<Duration> {
        let now = now_ms();
        // Those under way are due still.
        let most = free + self.under_way.len();
        let mut due = self.app.db.read(move |tx| outbox::due(tx, now, most)).await?;
        due.jobs.retain(|job| !self.busy.values().any(|busy| *busy == (job.kind, job.target)));
        due.jobs.truncate(free);
        let rest = due.next_at.map_or(NAP, |at| Duration::from_millis(at.saturating_sub(now).unsigned_abs()).min(NAP));
        let picked = due.jobs.len();
        if picked == 0 {
            return Ok(rest);
        }
        let tries_max = self.app.config.limits.outbox_tries;
        let begun = self.app.db.write(Subject::Server, move |tx| begin(tx, now, tries_max, due.jobs)).await?;
        // Where some were not begun after all, others may be due in their place.
        let rest = if begun.len() < picked { Duration::ZERO } else { rest };
        for job in begun {
            let busy = (job.kind, job.target);
            let task = self.under_way.spawn(self.app.clone().try_job(job));
            self.busy.insert(task.id(), busy);
        }
        Ok(rest)
    }
}

/// Counts a try of each row and gives those back that are still there. What was tried often enough
/// and came to no end, as the process did first, is given up.
fn begin(tx: &mut Tx, now: i64, tries_max: u32, jobs: Vec<Job>) -> Result<Vec<Job>> {
    let mut begun = Vec::with_capacity(jobs.len());
    for job in jobs {
        if job.tries >= tries_max {
            tracing::warn!(number = job.number, kind = ?job.kind, tries = job.tries, why = "it never ended", "given up");
            outbox::end(tx, now, job.number)?;
        } else if outbox::begin(tx, job.number)? {
            begun.push(job);
        }
    }
    Ok(begun)
}
