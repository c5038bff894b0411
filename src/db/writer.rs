//! The one thread that writes: it takes all acts that wait, commits them in one transaction, publishes
//! their facts, and only then answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{mem, thread};

use tokio::sync::{mpsc, oneshot, watch};

use super::act::Act;
use super::engine::{Connection, Engine, Step};
use super::fault::Fault;
use super::health::Health;
use super::index_updates::IndexUpdates;
use super::readers::Readers;
use super::tx::Savepoint;
use super::{BeforeCommitHook, CommitHooks, Tx, migrate};
use crate::error::{Code, Result};
use crate::failpoint::{self, Point};
use crate::metrics;

/// The maximum number of acts that share one fsync. More would only delay the first of them.
const BATCH: usize = 256;
/// How often a transaction that lost a conflict runs again, and the first pause before it.
const RETRIES: u32 = 3;
const RETRY_PAUSE: Duration = Duration::from_millis(20);

pub(super) enum WriterCommand<F> {
    Run(Box<dyn Act<F>>),
    /// Free the memory of caches, if nothing was written since the last time.
    ReleaseMemory,
    /// Answer whether another process has written since the last time.
    LookForOthers(oneshot::Sender<bool>),
    /// Rewrite a part of the search index, if it still has words of messages that were changed or removed.
    PurgeIndex,
    /// Finish what was queued before, then stop and confirm.
    Close(oneshot::Sender<()>),
}

/// How far the acts of a transaction ran.
enum Ran<F> {
    All(Vec<F>),
    /// The act at this place has no savepoint, and failed after it may have written: nothing of the transaction can be kept.
    UpTo(usize),
}

pub(super) struct Writer<F, C> {
    engine: Arc<dyn Engine>,
    has_index: bool,
    /// `None` after an I/O error, until the database has been reopened and checked.
    connection: Option<Box<dyn Connection>>,
    readers: [Arc<Readers>; 2],
    commands: mpsc::Receiver<WriterCommand<F>>,
    hooks: CommitHooks<F, C>,
    health: Arc<Health>,
    /// Whether the search index may have words of messages that were changed or removed. An earlier process may have
    /// left some.
    has_old_words: bool,
    /// Whether something was written since memory was last released.
    is_warm: bool,
    /// The version of the database that others wrote last, as it is known.
    version: Option<i64>,
}

impl<F, C> Writer<F, C>
where
    F: Send + 'static,
    C: FnMut(Vec<F>) + Send + 'static,
{
    /// Starts the writer's thread, which opens and migrates the database; waits until it has.
    pub(super) fn start(
        engine: Arc<dyn Engine>,
        has_index: bool,
        commands: mpsc::Receiver<WriterCommand<F>>,
        readers: [Arc<Readers>; 2],
        hooks: CommitHooks<F, C>,
        health: Arc<Health>,
        ended: watch::Sender<()>,
    ) -> Result<(), Fault> {
        let mut writer = Self {
            engine,
            has_index,
            connection: None,
            readers,
            commands,
            hooks,
            health,
            has_old_words: true,
            is_warm: true,
            version: None,
        };
        let (opened, opening) = std::sync::mpsc::sync_channel(1);
        let run = move || {
            // Dropped when the thread ends, also by a panic.
            let _ended = ended;
            let done = writer.open();
            let is_open = done.is_ok();
            // The caller waits for it.
            let _ = opened.send(done);
            if is_open {
                writer.run();
            }
        };
        let failed = |why: &dyn std::fmt::Display| Fault::Unavailable(why.to_string());
        thread::Builder::new().name("writer".into()).spawn(run).map_err(|error| failed(&error))?;
        opening.recv().unwrap_or_else(|_| Err(failed(&"the writer panicked while opening the database")))
    }

    fn open(&mut self) -> Result<(), Fault> {
        let connection = self.engine.open_writer()?;
        migrate::migrate(&*self.engine, &*connection)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Runs until it is closed, or until the last handle of the store is dropped.
    fn run(mut self) {
        let mut closing = Vec::new();
        let mut acts = Vec::new();
        let mut were_many = false;
        while let Some(command) = self.commands.blocking_recv() {
            if were_many {
                // On a busy core, others are about to queue writes too. After a yield, one commit serves
                // more.
                thread::yield_now();
            }
            let mut next = Some(command);
            while let Some(command) = next.take() {
                match command {
                    WriterCommand::Run(act) => acts.push(act),
                    WriterCommand::ReleaseMemory => self.release_memory(),
                    WriterCommand::LookForOthers(answer) => {
                        // The caller may have stopped waiting.
                        let _ = answer.send(self.look_for_others());
                    }
                    WriterCommand::PurgeIndex => self.purge_index(),
                    WriterCommand::Close(done) => {
                        // Queued acts are still run; no others are accepted.
                        self.commands.close();
                        closing.push(done);
                    }
                }
                if acts.len() < BATCH {
                    next = self.commands.try_recv().ok();
                }
            }
            were_many = acts.len() > 1;
            self.batch(mem::take(&mut acts));
        }
        self.readers.iter().for_each(|readers| readers.close());
        if let Some(connection) = self.connection.take()
            && let Err(fault) = connection.close()
        {
            tracing::warn!(%fault, "cannot clean up the database on close; the next start does");
        }
        for done in closing {
            // The caller may have stopped waiting.
            let _ = done.send(());
        }
    }

    fn release_memory(&mut self) {
        if !mem::replace(&mut self.is_warm, false)
            && let Some(connection) = &self.connection
            && let Err(fault) = connection.release_memory()
        {
            tracing::warn!(%fault, "cannot free the writer's caches");
        }
    }

    fn look_for_others(&mut self) -> bool {
        let version = self.connection.as_ref().and_then(|connection| connection.version().ok());
        version != mem::replace(&mut self.version, version)
    }

    fn purge_index(&mut self) {
        let Some(connection) = self.connection.as_ref().filter(|_| self.has_index && self.has_old_words) else {
            return;
        };
        match connection.purge_index() {
            Ok(has_more) => self.has_old_words = has_more,
            Err(fault) => tracing::warn!(%fault, "cannot rewrite the search index; it is tried again"),
        }
    }

    /// Commits a batch. Its acts are answered after their facts were published, or all refused.
    fn batch(&mut self, mut acts: Vec<Box<dyn Act<F>>>) {
        if acts.is_empty() {
            return;
        }
        metrics::BATCH_ACTS.observe(acts.len() as f64);
        self.is_warm = true;
        match self.transact(&mut acts) {
            Ok(facts) => {
                failpoint::crash(Point::AfterCommit);
                self.publish(facts);
                failpoint::crash(Point::AfterPublish);
                acts.into_iter().for_each(|act| act.answer(None));
                failpoint::crash(Point::AfterAcks);
                if let Some(connection) = &mut self.connection {
                    connection.committed();
                }
            }
            Err(fault) => {
                tracing::error!(%fault, acts = acts.len(), "a batch failed to commit");
                metrics::COMMITS_FAILED.add(1);
                self.health.failed(&fault);
                let code = if matches!(fault, Fault::Conflict(_)) { Code::Busy } else { Code::Unavailable };
                acts.into_iter().for_each(|act| act.answer(Some(code.into())));
            }
        }
    }

    /// Runs and commits one transaction. One that lost against another program's is run again a few times.
    fn transact(&mut self, acts: &mut [Box<dyn Act<F>>]) -> Result<Vec<F>, Fault> {
        let mut pauses = (1..=RETRIES).map(|times| RETRY_PAUSE * times);
        loop {
            let fault = match self.try_to_transact(acts) {
                Ok(facts) => return Ok(facts),
                Err(fault) => fault,
            };
            self.undo(&fault);
            match pauses.next().filter(|_| matches!(fault, Fault::Conflict(_))) {
                Some(pause) => {
                    tracing::warn!(%fault, acts = acts.len(), "a transaction is run again");
                    #[expect(clippy::disallowed_methods, reason = "this thread is the writer's own")]
                    thread::sleep(pause);
                }
                None => return Err(fault),
            }
        }
    }

    fn try_to_transact(&mut self, acts: &mut [Box<dyn Act<F>>]) -> Result<Vec<F>, Fault> {
        let facts = match self.run_acts(acts.iter_mut(), Savepoint::None)? {
            Ran::All(facts) => facts,
            Ran::UpTo(failed) => {
                self.rollback()?;
                // It is answered with its error. The others run without it.
                let (before, rest) = acts.split_at_mut(failed);
                let others: Vec<_> = before.iter_mut().chain(rest.iter_mut().skip(1)).collect();
                if others.is_empty() {
                    return Ok(Vec::new());
                }
                tracing::debug!(acts = others.len(), "an act failed after it wrote: the others run again");
                match self.run_acts(others, Savepoint::Pending)? {
                    Ran::All(facts) => facts,
                    Ran::UpTo(_) => return Err(Fault::Wrong("an act with a savepoint was not undone".into())),
                }
            }
        };
        self.commit()?;
        self.health.committed();
        Ok(facts)
    }

    fn publish(&mut self, facts: Vec<F>) {
        if !facts.is_empty() && catch_unwind(AssertUnwindSafe(|| (self.hooks.committed)(facts))).is_err() {
            // The database is intact; subscribers recover when they ask for what they missed.
            tracing::error!("publishing the facts of a commit panicked");
        }
    }

    /// Makes the prepared transaction durable.
    fn commit(&self) -> Result<(), Fault> {
        failpoint::slow_commit();
        failpoint::crash(Point::BeforeCommit);
        let connection = self.connection.as_ref().ok_or_else(|| Fault::Broken("the database is closed".into()))?;
        let begin = Instant::now();
        let committed = connection.step(Step::Commit);
        metrics::COMMIT_SECONDS.since(begin);
        committed
    }

    /// Runs acts in one transaction, which stays open.
    fn run_acts<'a>(
        &mut self,
        acts: impl IntoIterator<Item = &'a mut Box<dyn Act<F>>>,
        savepoint: Savepoint,
    ) -> Result<Ran<F>, Fault>
    where
        F: 'a,
    {
        let (has_index, before_commit) = (self.has_index, Arc::clone(&self.hooks.before_commit));
        let connection = self.begin()?;
        let (mut facts, mut updates) = (Vec::new(), IndexUpdates::default());
        for (place, act) in acts.into_iter().enumerate() {
            let mut tx = Tx::new(connection, savepoint, has_index);
            let is_done = catch_unwind(AssertUnwindSafe(|| act.run(&mut tx))).unwrap_or_else(|_| {
                tracing::error!(subject = ?act.subject(), "an act panicked while writing");
                false
            });
            if let Some(fault) = tx.failure() {
                return Err(fault.clone());
            }
            if !connection.in_transaction() {
                return Err(Fault::Unavailable("the database ended the transaction".into()));
            }
            if is_done {
                let (mut published, indexed) = tx.keep()?;
                facts.append(&mut published);
                updates.add(indexed);
            } else if savepoint == Savepoint::None && !tx.is_untouched() {
                return Ok(Ran::UpTo(place));
            } else {
                tx.undo()?;
            }
        }
        let removes = updates.removes();
        updates.write(connection, has_index)?;
        if let Some(act) = before_commit.get()
            && !facts.is_empty()
        {
            run_before_commit(connection, &**act, &facts)?;
        }
        self.has_old_words |= removes;
        Ok(Ran::All(facts))
    }

    /// Begins a transaction. A connection that was cut while it was idle is replaced: nothing was lost with it.
    fn begin(&mut self) -> Result<&dyn Connection, Fault> {
        if let Some(connection) = &self.connection {
            match connection.step(Step::BeginWrite) {
                Err(fault) if fault.is_broken() => self.close_connection(),
                Err(fault) => return Err(fault),
                Ok(()) => {}
            }
        }
        if self.connection.is_none() {
            self.reopen()?.step(Step::BeginWrite)?;
        }
        self.connection.as_deref().ok_or_else(|| Fault::Broken("the database is closed".into()))
    }

    /// Reopens the database after an I/O error. The kernel may have dropped the pages that it could not
    /// write, so no commit is confirmed before the file was opened and checked again.
    fn reopen(&mut self) -> Result<&dyn Connection, Fault> {
        self.readers.iter().for_each(|readers| readers.renew());
        let connection = self.engine.open_writer()?;
        connection.check()?;
        self.run_reopened(&*connection)?;
        tracing::info!("the database was reopened");
        // The refused acts may be in the file after all, and their facts were not published.
        if let Some(hook) = self.hooks.commit_unknown.get()
            && catch_unwind(AssertUnwindSafe(hook)).is_err()
        {
            tracing::error!("the hook for an unknown commit panicked");
        }
        Ok(&**self.connection.insert(connection))
    }

    /// Runs the hook for a reopened database in a transaction of its own. Its facts are dropped: the hook for an unknown
    /// commit follows.
    fn run_reopened(&self, connection: &dyn Connection) -> Result<(), Fault> {
        let Some(act) = self.hooks.reopened.get() else { return Ok(()) };
        connection.step(Step::BeginWrite)?;
        let mut tx = Tx::new(connection, Savepoint::None, self.has_index);
        match catch_unwind(AssertUnwindSafe(|| act(&mut tx))) {
            Ok(Ok(())) => connection.step(Step::Commit),
            failed => Err(Fault::Unavailable(format!("what follows a reopening failed: {failed:?}"))),
        }
    }

    fn rollback(&self) -> Result<(), Fault> {
        self.connection.as_ref().map_or(Ok(()), |connection| connection.step(Step::Rollback))
    }

    fn undo(&mut self, fault: &Fault) {
        let Some(connection) = &self.connection else { return };
        let is_clean = !connection.in_transaction() || connection.step(Step::Rollback).is_ok();
        if fault.is_broken() || !is_clean {
            self.close_connection();
        }
    }

    fn close_connection(&mut self) {
        self.connection = None;
        // Another connection has a count of its own.
        self.version = None;
    }
}

/// Runs the hook for a transaction with facts, at its end.
fn run_before_commit<F>(connection: &dyn Connection, act: &BeforeCommitHook<F>, facts: &[F]) -> Result<(), Fault> {
    let mut tx = Tx::new(connection, Savepoint::None, false);
    match catch_unwind(AssertUnwindSafe(|| act(&mut tx, facts))) {
        Ok(Ok(())) => Ok(()),
        failed => Err(match tx.failure() {
            Some(fault) => fault.clone(),
            None => Fault::Unavailable(format!("the last act of a transaction failed: {failed:?}")),
        }),
    }
}
