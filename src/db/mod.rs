//! The store: transactions, the one writer, migrations.
//!
//! Writes go through one thread that commits whatever is waiting in one go ([`Db::write`]); reads
//! run side by side on connections of their own ([`Db::read`]). Nothing outside this folder knows
//! which engine is below: statements are in the common dialect of SQLite and PostgreSQL, values
//! travel as [`Param`] and [`Column`].

mod checkpoint;
mod fault;
mod index;
mod inspection;
mod keep;
mod migrate;
mod readers;
mod savepoint;
mod sqlite;
mod tx;
mod value;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};

pub use fault::Fault;
pub use index::{Match, Term};
pub use inspection::Inspection;
pub use migrate::SCHEMA;
pub use sqlite::Row;
pub use tx::Tx;
pub use value::{Column, Param, Value};

use crate::error::{Code, Result};
use readers::Readers;
use writer::{Order, World, Writer};

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
    pub copies: Option<PathBuf>,
    /// Pages of the log at which it is moved into the database. The pages that every batch writes are in
    /// it many times and are moved once; a longer one makes the first start after a crash slower.
    pub log_pages: u32,
    /// How many writes may wait.
    pub queue: usize,
    /// How long a request waits for a place in the queue, or for a reader, before it is `busy`.
    pub patience: Duration,
    /// How long to wait for another process that holds the database.
    pub busy_timeout: Duration,
}

impl Options {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            copies: Some(path.with_file_name("backups")),
            path,
            readers: 4,
            searchers: 2,
            has_index: true,
            log_pages: 4_000,
            queue: 1_024,
            patience: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// A handle to the store; clones share it. `F` is what a transaction tells the world.
pub struct Db<F> {
    queue: mpsc::Sender<Order<F>>,
    readers: Arc<Readers>,
    searchers: Arc<Readers>,
    patience: Duration,
    doubt: Doubt,
    generation: Arc<AtomicU64>,
}

/// What is done when what was told may not be all that was committed.
type Doubt = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

impl<F> Clone for Db<F> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            readers: self.readers.clone(),
            searchers: self.searchers.clone(),
            patience: self.patience,
            doubt: self.doubt.clone(),
            generation: self.generation.clone(),
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
        let readers = Arc::new(Readers::new(&options, options.readers));
        let searchers = Arc::new(Readers::new(&options, options.searchers));
        let patience = options.patience;
        let (queue, orders) = mpsc::channel(options.queue.max(1));
        let doubt = Doubt::default();
        let generation = Arc::<AtomicU64>::default();
        let world = World { committed, doubt: doubt.clone(), generation: generation.clone() };
        Writer::start(options, orders, [readers.clone(), searchers.clone()], world)?;
        Ok(Self { queue, readers, searchers, patience, doubt, generation })
    }

    /// A number that is another after each write, before anybody is told of it: what was read since
    /// it was the same is as the store has it, but for writes of other processes.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Says what to do when facts may be missing: after an I/O error at a commit the batch is
    /// refused, and yet it may be found committed when the file is opened anew. Then `hook` runs on
    /// the writer's thread, before any later fact is heard. The first call counts.
    pub fn on_doubt(&self, hook: impl Fn() + Send + Sync + 'static) {
        let _ = self.doubt.set(Box::new(hook));
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
    pub async fn write<T, W>(&self, act: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let order = Order::Act(writer::act(act, answer));
        self.queue.send_timeout(order, self.patience).await.map_err(|refused| match refused {
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
        readers::read(self.readers.clone(), self.patience, None, act).await
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
        readers::read(self.searchers.clone(), self.patience, Some(budget), act).await
    }

    /// Gives back the memory that nobody has needed since the last call: to be called every few seconds.
    pub async fn rest(&self) {
        // Where the queue is full, nothing rests.
        let _ = self.queue.try_send(Order::Rest);
        let pools = [self.readers.clone(), self.searchers.clone()];
        // A panic there costs this turn alone.
        let _ = tokio::task::spawn_blocking(move || pools.iter().for_each(|readers| readers.rest())).await;
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
        if self.queue.send(Order::Close(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}
