//! A pool of read-only connections, each lent for one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::engine::{Connection, Engine, Step};
use super::fault::Fault;
use super::tx::Savepoint;
use super::{ANSWER_TIMEOUT, Tx};
use crate::error::{Code, Error, Result};

pub(super) struct Readers {
    engine: Arc<dyn Engine>,
    has_index: bool,
    permits: Semaphore,
    /// Idle connections, the last used on top. The lock is held for a push or a pop, never during a statement.
    idle: Mutex<Vec<IdleConnection>>,
    /// Incremented whenever the database is found broken; older connections are not used again.
    generation: AtomicU64,
}

struct IdleConnection {
    connection: Box<dyn Connection>,
    /// The generation in which it was opened.
    generation: u64,
    idleness: Idleness,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Idleness {
    /// Used since the last [`Readers::release_memory`].
    Recent,
    /// Not used since.
    Idle,
    /// Not used since, and its caches are freed.
    Released,
}

impl Idleness {
    /// Returns the state until now; a recent one becomes idle.
    fn age(&mut self) -> Self {
        let before = *self;
        if before == Self::Recent {
            *self = Self::Idle;
        }
        before
    }
}

impl Readers {
    pub(super) fn new(engine: Arc<dyn Engine>, has_index: bool, count: usize) -> Self {
        Self {
            engine,
            has_index,
            permits: Semaphore::new(count.max(1)),
            idle: Mutex::new(Vec::new()),
            generation: AtomicU64::new(0),
        }
    }

    /// Drops all connections; the next reads open new ones.
    pub(super) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.idle.lock().clear();
    }

    /// Closes the connections that were not used since the last call, except the one that would be used
    /// next, whose caches are freed. Blocks on the engine.
    pub(super) fn release_memory(&self) {
        let (mut unused, is_empty) = {
            let mut idle = self.idle.lock();
            let is_unused = |idle: &mut IdleConnection| idle.idleness.age() == Idleness::Idle;
            (idle.extract_if(.., is_unused).collect::<Vec<_>>(), idle.is_empty())
        };
        if is_empty && let Some(next) = unused.pop() {
            // If it fails, the caches stay as they were.
            let _ = next.connection.release_memory();
            self.put_back(IdleConnection { idleness: Idleness::Released, ..next });
        }
    }

    /// Puts a connection back into the pool, unless it is outdated.
    fn put_back(&self, connection: IdleConnection) {
        let mut idle = self.idle.lock();
        if connection.generation == self.generation.load(Ordering::Relaxed) && !self.permits.is_closed() {
            idle.push(connection);
        }
    }

    #[cfg(test)]
    pub(super) fn idle_count(&self) -> usize {
        self.idle.lock().len()
    }

    /// Refuses new reads and drops the idle connections.
    pub(super) fn close(&self) {
        self.permits.close();
        self.renew();
    }

    fn run<F, T>(&self, budget: Option<Duration>, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        let generation = self.generation.load(Ordering::Relaxed);
        let idle = self.idle.lock().pop().filter(|idle| idle.generation == generation);
        let begun = idle.map(|idle| begin(idle.connection, budget));
        let mut connection = match begun {
            // A connection that was idle may have been cut meanwhile.
            Some(Err(fault)) if fault.is_broken() => begin(self.engine.open_reader()?, budget)?,
            Some(begun) => begun?,
            None => begin(self.engine.open_reader()?, budget)?,
        };
        let answer = snapshot(&mut *connection, self.has_index, act);
        // A connection that failed, or still has a transaction open, is closed instead of lent again.
        if answer.is_some() {
            self.put_back(IdleConnection { connection, generation, idleness: Idleness::Recent });
        }
        answer.unwrap_or_else(|| Err(Code::Unavailable.into()))
    }
}

/// Begins a read transaction.
fn begin(mut connection: Box<dyn Connection>, budget: Option<Duration>) -> Result<Box<dyn Connection>, Fault> {
    connection.set_deadline(budget)?;
    connection.step(Step::BeginRead)?;
    Ok(connection)
}

/// Runs an act in the read transaction and ends it; `None` when the connection is not fit for another.
fn snapshot<F, T>(
    connection: &mut dyn Connection,
    has_index: bool,
    act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>,
) -> Option<Result<T>> {
    let fit = |done: Result<(), Fault>| done.inspect_err(|fault| tracing::warn!(%fault, "a read failed")).ok();
    let mut tx = Tx::new(connection, Savepoint::None, has_index);
    let answer = catch_unwind(AssertUnwindSafe(|| act(&mut tx)))
        .unwrap_or_else(|_| Err(Error::internal("an act panicked while reading")));
    let is_broken = tx.failure().is_some();
    drop(tx);
    // The deadline must not interrupt the end of the transaction.
    fit(connection.set_deadline(None))?;
    if connection.in_transaction() {
        fit(connection.step(Step::Rollback))?;
    }
    if is_broken { None } else { Some(answer) }
}

pub(super) async fn read<F, T, W>(
    readers: Arc<Readers>,
    queue_timeout: Duration,
    budget: Option<Duration>,
    act: W,
) -> Result<T>
where
    F: 'static,
    T: Send + 'static,
    W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
{
    let lent = lend(readers, queue_timeout).await?;
    // The thread runs to its end even if the caller stops waiting.
    let run = tokio::task::spawn_blocking(move || lent.0.run(budget, act));
    match tokio::time::timeout(ANSWER_TIMEOUT, run).await {
        Ok(answer) => answer.unwrap_or_else(|fault| Err(Error::internal(fault))),
        Err(_) => Err(Code::Unavailable.into()),
    }
}

pub(super) fn read_blocking<F, T>(
    readers: &Arc<Readers>,
    queue_timeout: Duration,
    act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>,
) -> Result<T> {
    let lent = Handle::current().block_on(lend(Arc::clone(readers), queue_timeout))?;
    lent.0.run(None, act)
}

/// Waits for a free connection.
async fn lend(readers: Arc<Readers>, queue_timeout: Duration) -> Result<Lent> {
    match tokio::time::timeout(queue_timeout, readers.permits.acquire()).await {
        Ok(Ok(permit)) => permit.forget(),
        Ok(Err(_)) => return Err(Code::Unavailable.into()),
        Err(_) => return Err(Code::Busy.into()),
    }
    Ok(Lent(readers))
}

/// Releases the permit when the read has ended.
struct Lent(Arc<Readers>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.permits.add_permits(1);
    }
}
