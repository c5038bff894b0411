//! The worker of the outbox: claims the jobs that are due, several of each kind at a time and each target in order, and
//! deletes a row only when its job is done or given up.
//!
//! It looks when an act has queued a job and when the next one is due. Several servers share the jobs by their claims. A
//! process that is killed leaves its claims in the rows; the only server of a database begins by ending them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::given_up::give_up;
use crate::chat::kinds::JobKind;
use crate::chat::node::NodeId;
use crate::chat::outbox::{self, Claimed, Due, Failed, Job, Target};
use crate::chat::{Limits, Tx};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::metrics;
use crate::service::{App, log_failure};

/// The number in claims of a server that is not one of several nodes.
const ONLY_SERVER: u16 = 0;
/// The delay before the next try when the database does not answer.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The longest sleep: the clock by which jobs are due may be set meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Why a job is given up that this server could send to its host for too long.
pub(super) const HELD_BACK: &str = "the server had no capacity for too long";

/// The result of an attempt.
pub(super) enum Attempt {
    /// The job is done, or no longer wanted. The write runs in the transaction that deletes the row.
    Done(Option<Written>),
    /// The job failed for this reason and is tried again.
    Failed(&'static str),
    /// Likewise, but not before a time that the other side asks for.
    Postponed(&'static str, Option<Duration>),
    /// The job waits for so long, which is no failure: this server sends no more to the host, or a room is slow. The reason is that of
    /// a job that waits for too long.
    Deferred(Duration, &'static str),
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
        let worker = Worker { app: self.clone(), running: JoinSet::new(), tasks: HashMap::new(), busy: HashSet::new() };
        Outbox { is_ending, worker: tokio::spawn(worker.run(ending)) }
    }

    async fn try_job(self, job: Job) {
        let (app, tried) = (self.clone(), job.clone());
        // In a task of its own, so that a panic costs one attempt.
        let mut attempt = tokio::spawn(async move {
            match tried.kind {
                JobKind::Preview => app.try_preview(tried.target.into(), tried.payload).await,
                JobKind::ResetEmail => app.try_reset_email(tried.target.into(), &tried.payload).await,
                JobKind::Hook => app.try_hook(&tried).await,
                JobKind::Notify => app.try_notify(tried.target.into(), &tried.payload).await,
                JobKind::Digest => app.try_digest(&tried).await,
                JobKind::ConfirmEmail => app.try_confirm_email(tried.target.into(), &tried.payload).await,
                JobKind::SignUpEmail => app.try_sign_up_email(&tried.payload).await,
                JobKind::NewEmail => app.try_new_email(&tried).await,
                JobKind::Push => app.try_push(&tried.payload).await,
                JobKind::Export => app.try_export(tried.target.into(), &tried.payload).await,
                JobKind::Scheduled => app.try_scheduled(tried.target.into()).await,
            }
        });
        let limit = Duration::from_millis(self.config.limits.jobs.of(job.kind).try_ms.unsigned_abs());
        let attempt = match timeout(limit, &mut attempt).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(error)) => {
                tracing::error!(%error, number = job.number, kind = ?job.kind, "an outbox job panicked");
                Attempt::Failed("it panicked")
            }
            Err(_) => {
                attempt.abort();
                Attempt::Failed("it took too long")
            }
        };
        let ended = match attempt {
            Attempt::Done(written) => self.done(job, written).await,
            Attempt::Failed(why) => self.failed(job, why, None).await,
            Attempt::Postponed(why, pause) => self.failed(job, why, pause).await,
            Attempt::Deferred(wait, why) => self.defer(job, wait, why).await,
        };
        if ended.is_err() {
            // Its claim ends later, and it is tried again.
            log_failure("finishing an outbox job", ended);
        }
    }

    async fn done(&self, job: Job, written: Option<Written>) -> Result<()> {
        let end = move |tx: &mut Tx| match (outbox::end(tx, now_ms(), &job)?, &written) {
            (true, Some(write)) => write(tx),
            _ => Ok(()),
        };
        self.db.write(Subject::Server, end).await
    }

    async fn failed(&self, job: Job, why: &'static str, pause: Option<Duration>) -> Result<()> {
        let pause_ms = pause.map(milliseconds);
        let (number, kind, tries) = (job.number, job.kind, job.tried());
        metrics::OUTBOX_FAILURES.add(&[kind.as_str()]);
        let fail = move |tx: &mut Tx, limits: &Limits, now| {
            let failed = outbox::failed(tx, &limits.jobs, now, &job, why, pause_ms)?;
            if failed == Failed::GivenUp {
                give_up(tx, limits, now, &job, why)?;
            }
            Ok(failed)
        };
        match self.write(Subject::Server, fail).await? {
            Failed::GivenUp => tracing::info!(number, ?kind, tries, why, "outbox job given up"),
            Failed::Delayed => tracing::debug!(number, ?kind, tries, why, "outbox job failed; it is tried again later"),
            Failed::Lost => {}
        }
        Ok(())
    }

    async fn defer(&self, job: Job, wait: Duration, why: &'static str) -> Result<()> {
        let defer = move |tx: &mut Tx, limits: &Limits, now| {
            if outbox::defer(tx, &limits.jobs, now, &job, milliseconds(wait), why)? == Failed::GivenUp {
                give_up(tx, limits, now, &job, why)?;
            }
            Ok(())
        };
        self.write(Subject::Server, defer).await
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

struct Worker {
    app: App,
    running: JoinSet<()>,
    /// The jobs of the running tasks.
    tasks: HashMap<Id, (JobKind, Target)>,
    /// The same jobs: one whose row was deleted still keeps the next of its target back.
    busy: HashSet<(JobKind, Target)>,
}

impl Worker {
    async fn run(mut self, mut ending: watch::Receiver<bool>) {
        self.end_old_claims().await;
        let mut last = now_ms();
        loop {
            let now = now_ms();
            if now < last - milliseconds(MAX_SLEEP) {
                self.clock_went_back().await;
            }
            last = now;
            let sleep_for = self.begin_due().await;
            tokio::select! {
                // Also when the handle is gone.
                _ = ending.wait_for(|is_ending| *is_ending) => break,
                Some(ended) = self.running.join_next_with_id() => {
                    self.ended(ended);
                    // One look for what is due serves all that have ended.
                    while let Some(ended) = self.running.try_join_next_with_id() {
                        self.ended(ended);
                    }
                }
                () = self.app.realtime.job_queued.notified() => {}
                () = sleep(sleep_for) => {}
            }
        }
        while self.running.join_next().await.is_some() {}
    }

    /// The only server of a database claims again what an earlier process had claimed, whatever its clock was. Of several nodes, the
    /// others end the claims of one that has ended.
    async fn end_old_claims(&self) {
        if self.app.node_id().is_none() {
            let end = |tx: &mut Tx| {
                outbox::release_claims(tx, now_ms(), ONLY_SERVER)?;
                outbox::hasten_untried(tx, now_ms())
            };
            log_failure("ending the claims of an earlier process", self.app.db.write(Subject::Server, end).await);
        }
    }

    /// Makes the jobs due that would wait for the time at which the clock was ahead.
    async fn clock_went_back(&self) {
        let hasten = |tx: &mut Tx| {
            outbox::hasten_untried(tx, now_ms())?;
            outbox::retry_now(tx, now_ms())
        };
        log_failure("hastening jobs after a change of the clock", self.app.db.write(Subject::Server, hasten).await);
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        if let Some(job) = self.tasks.remove(&id) {
            self.busy.remove(&job);
        }
    }

    /// Starts the jobs that are due. Returns how long there is nothing more to start.
    async fn begin_due(&mut self) -> Duration {
        self.begin_some().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot read the outbox; it is tried again");
            RETRY_DELAY
        })
    }

    async fn begin_some(&mut self) -> Result<Duration> {
        let now = now_ms();
        let free = self.free();
        let due = self.app.db.read(move |tx| find_due(tx, now, &free)).await?;
        let mut next_at = i64::MAX;
        let mut jobs = Vec::new();
        for (free, mut due) in due {
            next_at = next_at.min(due.next_at.unwrap_or(i64::MAX));
            due.jobs.retain(|job| !self.busy.contains(&(job.kind, job.target)));
            due.jobs.truncate(free);
            jobs.append(&mut due.jobs);
        }
        let sleep_for = Duration::from_millis(next_at.saturating_sub(now).unsigned_abs()).min(MAX_SLEEP);
        let picked = jobs.len();
        if picked == 0 {
            return Ok(sleep_for);
        }
        let node = self.app.node_id().map_or(ONLY_SERVER, NodeId::as_u16);
        let claim = move |tx: &mut Tx, limits: &Limits, now| claim(tx, limits, now, node, &jobs);
        let (claimed, given_up) = self.app.write(Subject::Server, claim).await?;
        for Job { number, kind, tries, .. } in given_up {
            metrics::OUTBOX_FAILURES.add(&[kind.as_str()]);
            tracing::warn!(number, ?kind, tries, why = outbox::NEVER_ENDED, "outbox job given up");
        }
        // If some were not claimed after all, others may be due in their place.
        let sleep_for = if claimed.len() < picked { Duration::ZERO } else { sleep_for };
        for job in claimed {
            let busy = (job.kind, job.target);
            let task = self.running.spawn(self.app.clone().try_job(job));
            self.tasks.insert(task.id(), busy);
            self.busy.insert(busy);
        }
        Ok(sleep_for)
    }

    /// Returns the kinds that may begin more jobs: how many more, and how many run.
    fn free(&self) -> Vec<(JobKind, usize, usize)> {
        let kinds = JobKind::ALL.iter().map(|&kind| {
            let running = self.busy.iter().filter(|busy| busy.0 == kind).count();
            let at_once = self.app.config.limits.jobs.of(kind).at_once;
            (kind, at_once.saturating_sub(running), running)
        });
        kinds.filter(|(_, free, _)| *free > 0).collect()
    }
}

/// Reads what is due of each kind. A running job whose row was replaced may be due again.
fn find_due(tx: &mut Tx, now: i64, kinds: &[(JobKind, usize, usize)]) -> Result<Vec<(usize, Due)>> {
    let due = kinds.iter().map(|&(kind, free, running)| Ok((free, outbox::due(tx, now, kind, free + running)?)));
    due.collect()
}

/// Claims jobs. Returns those that are this server's now, and those that were given up.
fn claim(tx: &mut Tx, limits: &Limits, now: i64, node: u16, jobs: &[Job]) -> Result<(Vec<Job>, Vec<Job>)> {
    let (mut claimed, mut given_up) = (Vec::new(), Vec::new());
    for job in jobs {
        match outbox::claim(tx, &limits.jobs, now, node, job)? {
            Claimed::Mine(job) => claimed.push(job),
            Claimed::GivenUp => {
                give_up(tx, limits, now, job, outbox::NEVER_ENDED)?;
                given_up.push(job.clone());
            }
            Claimed::Lost => {}
        }
    }
    Ok((claimed, given_up))
}
