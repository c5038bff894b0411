//! The store: transactions, the one writer, migrations.
//!
//! Writes go through one thread that commits whatever is waiting in one go ([`Db::write`]); reads
//! run side by side on connections of their own ([`Db::read`]). Nothing outside this folder knows
//! which engine is below: statements are in the common dialect of SQLite and PostgreSQL, values
//! travel as [`Param`] and [`Column`].

mod engine;
mod fault;
mod index_updates;
mod migrate;
mod readers;
mod row;
mod search;
mod sqlite;
mod tx;
mod value;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};

pub use fault::Fault;
pub use row::{Columns, Row};
pub use search::{Match, Term};
pub use sqlite::{Inspection, SCHEMA};
pub use tx::Tx;
pub use value::{Column, Param, Value};

use crate::error::{Code, Result};
use crate::ids::{RoomId, UserId};
use engine::Engine;
use readers::Readers;
use writer::{CommitHooks, Writer, WriterCommand};

/// What a write is about. Writes about one subject are committed in the order in which they were queued;
/// an engine with several writers may run those about different subjects side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Room(RoomId),
    User(UserId),
    /// The whole server: sweeps, summaries, anything about several rooms or nobody yet.
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

/// How to open the store.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; its folder must exist.
    pub path: PathBuf,
    /// How many reads run at once.
    pub readers: usize,
    /// How many searches run at once, beside the reads.
    pub searchers: usize,
    /// Whether messages are kept by their words, to be searched.
    pub has_index: bool,
    /// The folder in which a copy of the database is kept before its schema changes, made when it
    /// is missing; none keeps no copy.
    pub backups: Option<PathBuf>,
    /// Pages of the log at which it is moved into the database. The pages that every batch writes are in
    /// it many times and are moved once; a longer one makes the first start after a crash slower.
    pub log_pages: u32,
    /// How many writes may wait.
    pub queue: usize,
    /// How long a request waits for a place in the queue, or for a reader, before it is `busy`.
    pub queue_timeout: Duration,
    /// How long to wait for another process that holds the database.
    pub busy_timeout: Duration,
}

impl Options {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            backups: Some(path.with_file_name("backups")),
            path,
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

/// A handle to the store; clones share it. `F` is what a transaction tells the world.
pub struct Db<F> {
    queue: mpsc::Sender<WriterCommand<F>>,
    readers: Arc<Readers>,
    searchers: Arc<Readers>,
    queue_timeout: Duration,
    commit_unknown: CommitUnknown,
}

/// What is done when what was told may not be all that was committed.
type CommitUnknown = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

impl<F> Clone for Db<F> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            readers: self.readers.clone(),
            searchers: self.searchers.clone(),
            queue_timeout: self.queue_timeout,
            commit_unknown: self.commit_unknown.clone(),
        }
    }
}

impl<F: Send + 'static> Db<F> {
    /// Opens the database, brings its schema up to date and starts the writer.
    ///
    /// `committed` hears the facts of each batch on the writer's thread, in commit order, after the
    /// fsynced COMMIT and before any answer of that batch leaves; it is not called without facts.
    /// It must not block for long, as all writes wait for it.
    ///
    /// # Errors
    /// The file cannot be opened or is no database, or a newer program has written it; or it is
    /// older and no copy of it can be kept.
    pub fn open(options: Options, committed: impl FnMut(Vec<F>) + Send + 'static) -> Result<Self, Fault> {
        let engine: Arc<dyn Engine> = Arc::new(sqlite::Sqlite::new(&options));
        let Options { has_index, queue_timeout, .. } = options;
        let readers = Arc::new(Readers::new(Arc::clone(&engine), has_index, options.readers));
        let searchers = Arc::new(Readers::new(Arc::clone(&engine), has_index, options.searchers));
        let (queue, commands) = mpsc::channel(options.queue.max(1));
        let commit_unknown = CommitUnknown::default();
        let hooks = CommitHooks { committed, commit_unknown: commit_unknown.clone() };
        Writer::start(engine, has_index, commands, [readers.clone(), searchers.clone()], hooks)?;
        Ok(Self { queue, readers, searchers, queue_timeout, commit_unknown })
    }

    /// Says what to do when facts may be missing: after an I/O error at a commit the batch is
    /// refused, and yet it may be found committed when the file is opened anew. Then `hook` runs on
    /// the writer's thread, before any later fact is heard. The first call counts.
    pub fn on_commit_unknown(&self, hook: impl Fn() + Send + Sync + 'static) {
        let _ = self.commit_unknown.set(Box::new(hook));
    }

    /// Runs an act in a transaction of the writer and answers once it is durable.
    ///
    /// An act that fails or panics leaves nothing behind and tells nothing. Once queued it is run
    /// even if the asker goes away; no answer means unknown, not failed.
    ///
    /// # Errors
    /// What the act answers; `busy` when the queue stays full; `unavailable` when the store cannot
    /// take it now, or another act of the same commit failed behind its [`Tx::point_of_no_return`];
    /// `internal` when the act panics.
    pub async fn write<T, W>(&self, subject: impl Into<Subject>, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let command = WriterCommand::Run(writer::act(subject.into(), act, answer));
        self.queue.send_timeout(command, self.queue_timeout).await.map_err(|refused| match refused {
            SendTimeoutError::Timeout(_) => Code::Busy,
            SendTimeoutError::Closed(_) => Code::Unavailable,
        })?;
        answered.await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
    }

    /// Runs an act that only reads; all its statements see one snapshot. What it tells is dropped.
    ///
    /// # Errors
    /// What the act answers; `busy` when all readers stay occupied; `unavailable` when the store
    /// cannot be read; `internal` when the act panics or writes.
    pub async fn read<T, W>(&self, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        readers::read(self.readers.clone(), self.queue_timeout, None, act).await
    }

    /// Like [`Db::read`] on the present thread, which must be one that may block.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T>(&self, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        readers::read_blocking(&self.readers, self.queue_timeout, act)
    }

    /// Like [`Db::read`] for what may take long: on connections of its own, so that no number of
    /// searches keeps the short reads waiting, and with an end. What takes longer than `budget` is
    /// broken off with [`Fault::Late`].
    ///
    /// # Errors
    /// As [`Db::read`]; `busy` also when the time was over.
    pub async fn search<T, W>(&self, budget: Duration, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        readers::read(self.searchers.clone(), self.queue_timeout, Some(budget), act).await
    }

    /// Gives back the memory that nobody has needed since the last call: to be called every few seconds.
    pub async fn release_memory(&self) {
        // Where the queue is full, nothing rests.
        let _ = self.queue.try_send(WriterCommand::ReleaseMemory);
        let pools = [self.readers.clone(), self.searchers.clone()];
        // A panic there costs this turn alone.
        let _ = tokio::task::spawn_blocking(move || pools.iter().for_each(|readers| readers.release_memory())).await;
    }

    /// Whether the store can be read now.
    ///
    /// # Errors
    /// `busy` or `unavailable` when it cannot.
    pub async fn ping(&self) -> Result<()> {
        self.read(|tx| Ok(tx.query_one("SELECT 1", &[], |row| row.get::<i64>(0)).map(drop)?)).await
    }

    /// Finishes the reads and writes that are queued, tidies the log away and stops the writer.
    /// Later calls on any clone are answered `unavailable`.
    pub async fn close(&self) {
        let (done, stopped) = oneshot::channel();
        // Either send fails only where the writer has stopped already.
        if self.queue.send(WriterCommand::Close(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}
