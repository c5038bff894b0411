//! The store: transactions, the single writer, and migrations.
//!
//! One thread does all writes and commits those that wait in one transaction ([`Db::write`]). Reads
//! run in parallel on connections of their own ([`Db::read`]). Code outside this folder does not
//! know the engine: statements use the SQL that SQLite and PostgreSQL share, and values are passed
//! as [`Param`] and [`Column`].

mod act;
mod copy;
mod engine;
mod fault;
mod health;
mod index_updates;
mod migrate;
pub mod postgres;
mod readers;
mod row;
mod search;
mod sqlite;
mod store_copy;
mod tx;
mod value;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot, watch};

pub use copy::{Copied, CopyProgress};
pub use fault::Fault;
pub use row::{Columns, Row};
pub use search::{Match, Term};
pub use sqlite::{Inspection, SCHEMA};
pub use store_copy::StoreCopy;
pub use tx::Tx;
pub use value::{Column, Param, Value};

use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use engine::Engine;
use health::Health;
use readers::Readers;
use writer::{Writer, WriterCommand};

/// The subject of a write. Writes about one subject are committed in the order in which they were
/// queued; an engine with several writers may run writes about different subjects in parallel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Room(RoomId),
    User(UserId),
    /// The whole server: sweeps, summaries, and everything that concerns several rooms, or none
    /// yet.
    Server,
}

impl From<RoomId> for Subject {
    fn from(id: RoomId) -> Self {
        Self::Room(id)
    }
}

impl From<UserId> for Subject {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

/// The options to open the store.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; its folder must exist.
    pub path: PathBuf,
    /// The database server to use instead of the file.
    pub postgres: Option<postgres::Options>,
    /// The number of reads that run at once.
    pub readers: usize,
    /// The number of searches that run at once, in addition to the reads.
    pub searchers: usize,
    /// Whether a search index of the messages is kept.
    pub has_index: bool,
    /// The folder for copies of the database, one before each change of the schema. It is created
    /// if it is missing. `None`: no copies are kept.
    pub backups: Option<PathBuf>,
    /// The length of the write-ahead log, in pages, at which it is moved into the database. Pages
    /// that every batch writes are in the log many times and are moved once. A longer log makes the
    /// first start after a crash slower.
    pub log_pages: u32,
    /// The number of writes that may wait.
    pub queue: usize,
    /// How long a request waits for a place in the queue, or for a reader, before it fails with
    /// `busy`.
    pub queue_timeout: Duration,
    /// How long to wait while another process locks the database.
    pub busy_timeout: Duration,
}

impl Options {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            backups: Some(path.with_file_name("backups")),
            path,
            postgres: None,
            readers: 4,
            searchers: 2,
            has_index: true,
            log_pages: 4_000,
            queue: 1_024,
            queue_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// How long a caller waits for an act that was begun: longer than any statement may run.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(40);

/// A handle to the store; clones share it. `F` is the type of the facts that transactions publish.
pub struct Db<F> {
    queue: mpsc::Sender<WriterCommand<F>>,
    readers: Arc<Readers>,
    searchers: Arc<Readers>,
    queue_timeout: Duration,
    commit_unknown: CommitUnknown,
    reopened: Reopened<F>,
    before_commit: BeforeCommit<F>,
    health: Arc<Health>,
    /// Closed when the writer's thread has ended.
    writer_ended: watch::Receiver<()>,
}

/// The hook for a database that was reopened; see [`Db::on_reopen`].
type Reopened<F> = Arc<OnceLock<Box<dyn Fn(&mut Tx<'_, F>) -> Result<()> + Send + Sync>>>;

/// The hook for a transaction with facts; see [`Db::before_commit`].
type BeforeCommit<F> = Arc<OnceLock<Box<BeforeCommitHook<F>>>>;
type BeforeCommitHook<F> = dyn Fn(&mut Tx<'_, F>, &[F]) -> Result<()> + Send + Sync;

/// The hook for facts that may be missing; see [`Db::on_commit_unknown`].
type CommitUnknown = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// What the writer calls before and after a commit.
struct CommitHooks<F, C> {
    /// Publishes the facts of each batch.
    committed: C,
    before_commit: BeforeCommit<F>,
    commit_unknown: CommitUnknown,
    reopened: Reopened<F>,
}

impl<F> Clone for Db<F> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            readers: self.readers.clone(),
            searchers: self.searchers.clone(),
            queue_timeout: self.queue_timeout,
            commit_unknown: self.commit_unknown.clone(),
            reopened: self.reopened.clone(),
            before_commit: self.before_commit.clone(),
            health: self.health.clone(),
            writer_ended: self.writer_ended.clone(),
        }
    }
}

impl<F: Send + 'static> Db<F> {
    /// Opens the database, migrates it to the current schema and starts the writer.
    ///
    /// Calls `committed` with the facts of each batch, in commit order, on the writer's thread:
    /// after the COMMIT is synced and before any act of the batch is answered. A batch without
    /// facts does not call it. It must not block for long, because all writes wait for it.
    ///
    /// # Errors
    /// The database cannot be opened or is not one, a newer program has written it, or it is older and no
    /// copy of the file can be kept.
    pub fn open(options: Options, committed: impl FnMut(Vec<F>) + Send + 'static) -> Result<Self, Fault> {
        let engine: Arc<dyn Engine> = match options.postgres.clone() {
            Some(postgres) => Arc::new(postgres::Postgres::new(postgres)?),
            None => Arc::new(sqlite::Sqlite::new(&options)),
        };
        let Options { has_index, queue_timeout, .. } = options;
        let readers = Arc::new(Readers::new(Arc::clone(&engine), has_index, options.readers));
        let searchers = Arc::new(Readers::new(Arc::clone(&engine), has_index, options.searchers));
        let (queue, commands) = mpsc::channel(options.queue.max(1));
        let commit_unknown = CommitUnknown::default();
        let reopened = Reopened::default();
        let before_commit = BeforeCommit::default();
        let hooks = CommitHooks {
            committed,
            before_commit: before_commit.clone(),
            commit_unknown: commit_unknown.clone(),
            reopened: reopened.clone(),
        };
        let health = Arc::<Health>::default();
        let (ended, writer_ended) = watch::channel(());
        let pools = [readers.clone(), searchers.clone()];
        Writer::start(engine, has_index, commands, pools, hooks, health.clone(), ended)?;
        Ok(Self {
            queue,
            readers,
            searchers,
            queue_timeout,
            commit_unknown,
            reopened,
            before_commit,
            health,
            writer_ended,
        })
    }

    /// Sets the hook to call when facts may be missing. After an I/O error at a commit, the batch
    /// is refused, but the reopened database may contain it. The hook then runs on the writer's
    /// thread, before any later fact is published. Only the first call has an effect.
    pub fn on_commit_unknown(&self, hook: impl Fn() + Send + Sync + 'static) {
        let _ = self.commit_unknown.set(Box::new(hook));
    }

    /// Sets the act to run at the end of each transaction with facts, on the writer's thread. If it fails, nothing is
    /// committed. Only the first call has an effect.
    pub fn before_commit(&self, act: impl Fn(&mut Tx<'_, F>, &[F]) -> Result<()> + Send + Sync + 'static) {
        let _ = self.before_commit.set(Box::new(act));
    }

    /// Sets the act to run when the database was reopened, before any other. If it fails, nothing is written and the
    /// next write tries again. Only the first call has an effect.
    pub fn on_reopen(&self, act: impl Fn(&mut Tx<'_, F>) -> Result<()> + Send + Sync + 'static) {
        let _ = self.reopened.set(Box::new(act));
    }

    /// Runs an act in a transaction of the writer. Returns once it is durable.
    ///
    /// An act that fails or panics changes nothing and publishes nothing. It may run several times, of which one is committed:
    /// it changes nothing outside of its transaction. Once queued, it runs even
    /// if the caller stops waiting. Without an answer, the outcome is unknown.
    ///
    /// # Errors
    /// The error of the act; `busy` when the queue stays full; `unavailable` when the store cannot
    /// write now; `internal` when the act panics.
    pub async fn write<T, W>(&self, subject: impl Into<Subject>, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let command = WriterCommand::Run(act::act(subject.into(), act, answer));
        self.queue.send_timeout(command, self.queue_timeout).await.map_err(|refused| match refused {
            SendTimeoutError::Timeout(_) => Code::Busy,
            SendTimeoutError::Closed(_) => Code::Unavailable,
        })?;
        // A database server that hangs holds the writer, but not those who wait for it. Their writes may still be made.
        match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(Code::Unavailable.into())),
            Err(_) => Err(Code::Unavailable.into()),
        }
    }

    /// Runs an act that only reads. All its statements see one snapshot; its facts are dropped.
    ///
    /// # Errors
    /// The error of the act; `busy` when no reader is free in time; `unavailable` when the store
    /// cannot be read; `internal` when the act panics or writes.
    pub async fn read<T, W>(&self, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        readers::read(self.readers.clone(), self.queue_timeout, None, act).await
    }

    /// Like [`Db::read`], but on the current thread, which must be allowed to block.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T>(&self, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        readers::read_blocking(&self.readers, self.queue_timeout, act)
    }

    /// Like [`Db::read`], for acts that may take long. It uses connections of its own, so that
    /// searches never delay short reads. After `budget`, statements are interrupted with
    /// [`Fault::Late`].
    ///
    /// # Errors
    /// As [`Db::read`]; `busy` also when the time is over.
    pub async fn search<T, W>(&self, budget: Duration, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        readers::read(self.searchers.clone(), self.queue_timeout, Some(budget), act).await
    }

    /// Frees memory that was not used since the last call. Call it every few seconds.
    pub async fn release_memory(&self) {
        // If the queue is full, the writer is not idle.
        let _ = self.queue.try_send(WriterCommand::ReleaseMemory);
        let pools = [self.readers.clone(), self.searchers.clone()];
        // A panic there costs only this turn.
        let _ = tokio::task::spawn_blocking(move || pools.iter().for_each(|readers| readers.release_memory())).await;
    }

    /// Returns whether another process, such as an admin command, has written since the last call. It may say so too
    /// often, and never misses one.
    pub async fn have_others_written(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        // If the queue is full, the next call looks.
        self.queue.try_send(WriterCommand::LookForOthers(answer)).is_ok() && answered.await.unwrap_or_default()
    }

    /// Rewrites a part of the search index, if it still has words of messages that were changed or removed. Call it
    /// every minute.
    pub fn purge_index(&self) {
        // If the queue is full, the next call does it.
        let _ = self.queue.try_send(WriterCommand::PurgeIndex);
    }

    /// Checks whether the store can be read now.
    ///
    /// # Errors
    /// `busy` or `unavailable` if it cannot.
    pub async fn ping(&self) -> Result<()> {
        self.read(|tx| Ok(tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0)).map(drop)?)).await
    }

    /// Checks whether the store can be written now: the writer runs an act that changes nothing.
    ///
    /// # Errors
    /// `busy` or `unavailable` if it cannot; see [`Db::is_disk_full`].
    pub async fn ping_writer(&self) -> Result<()> {
        let health = self.health.clone();
        self.write(Subject::Server, move |tx| health.check(tx)).await
    }

    /// Returns whether the last commit failed because the disk is full.
    pub fn is_disk_full(&self) -> bool {
        self.health.is_disk_full()
    }

    /// Returns how many acts wait for the writer.
    pub fn queue_depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Returns when the writer's thread has ended: after [`Db::close`], or by a bug. Nothing can be written then.
    pub async fn writer_ended(&self) {
        // Nothing is ever sent, so this waits until the sender is dropped.
        let _ = self.writer_ended.clone().changed().await;
    }

    /// Finishes the queued reads and writes, moves the log into the database and stops the writer.
    /// Later calls on any clone fail with `unavailable`.
    pub async fn close(&self) {
        let (done, stopped) = oneshot::channel();
        // Sending or waiting fails only if the writer has stopped already.
        if self.queue.send(WriterCommand::Close(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}
