//! Read-only connections, lent one transaction at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::fault::Fault;
use super::sqlite::Connection;
use super::{Options, Tx};
use crate::error::{Code, Error, Result};

pub(super) struct Readers {
    path: PathBuf,
    busy_timeout: Duration,
    has_index: bool,
    permits: Semaphore,
    /// Connections at rest, the last used on top. The lock is held for a push or a pop, never during a
    /// statement.
    idle: Mutex<Vec<Rested>>,
    /// Rises whenever the store was found broken: older connections are not used again.
    generation: AtomicU64,
}

/// A connection at rest.
struct Rested {
    connection: Connection,
    /// The generation it was opened in.
    generation: u64,
    warmth: Warmth,
}

/// How long ago a connection was used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Warmth {
    /// Since the last [`Readers::rest`].
    Warm,
    /// Before it.
    Cold,
    /// Before it, and its caches are given back.
    Shrunk,
}

impl Warmth {
    /// What it was until now; what is warm becomes cold.
    fn sink(&mut self) -> Self {
        let was = *self;
        if was == Self::Warm {
            *self = Self::Cold;
        }
        was
    }
}

impl Readers {
    pub(super) fn new(options: &Options, count: usize) -> Self {
        Self {
            path: options.path.clone(),
            busy_timeout: options.busy_timeout,
            permits: Semaphore::new(count.max(1)),
            has_index: options.has_index,
            idle: Mutex::new(Vec::new()),
            generation: AtomicU64::new(0),
        }
    }

    /// Forgets all connections; the next reads open new ones.
    pub(super) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        self.idle.lock().clear();
    }

    /// Closes the connections that were not used since the last call, but the one that would be used next;
    /// that gives its caches back. It waits for the engine.
    pub(super) fn rest(&self) {
        let (mut cold, is_empty) = {
            let mut idle = self.idle.lock();
            let is_cold = |rested: &mut Rested| rested.warmth.sink() == Warmth::Cold;
            (idle.extract_if(.., is_cold).collect::<Vec<_>>(), idle.is_empty())
        };
        if is_empty && let Some(next) = cold.pop() {
            // Where it fails it is as it was.
            let _ = next.connection.shrink();
            self.lay_down(Rested { warmth: Warmth::Shrunk, ..next });
        }
    }

    /// Puts a connection with those at rest, unless it is of no use any more.
    fn lay_down(&self, rested: Rested) {
        let mut idle = self.idle.lock();
        if rested.generation == self.generation.load(Ordering::Relaxed) && !self.permits.is_closed() {
            idle.push(rested);
        }
    }

    #[cfg(test)]
    pub(super) fn at_rest(&self) -> usize {
        self.idle.lock().len()
    }

    /// Lets no read begin any more and drops the connections at rest.
    pub(super) fn close(&self) {
        self.permits.close();
        self.renew();
    }

    fn run<F, T>(&self, budget: Option<Duration>, act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>) -> Result<T> {
        let generation = self.generation.load(Ordering::Relaxed);
        let rested = self.idle.lock().pop().filter(|rested| rested.generation == generation);
        let mut connection = match rested {
            Some(rested) => rested.connection,
            None => Connection::open_read_only(&self.path, self.busy_timeout)?,
        };
        connection.end_after(budget)?;
        let answer = snapshot(&mut connection, self.has_index, act);
        // One that failed, or still has a transaction open, is closed instead of lent again.
        if let Some(answer) = answer {
            self.lay_down(Rested { connection, generation, warmth: Warmth::Warm });
            return answer;
        }
        Err(Code::Unavailable.into())
    }
}

/// Runs the act in one read transaction; `None` when the connection is not fit for another.
fn snapshot<F, T>(
    connection: &mut Connection,
    has_index: bool,
    act: impl FnOnce(&mut Tx<'_, F>) -> Result<T>,
) -> Option<Result<T>> {
    let fit = |done: Result<(), Fault>| done.inspect_err(|fault| tracing::warn!(%fault, "a read failed")).ok();
    fit(connection.run("BEGIN"))?;
    let mut tx = Tx::new(connection, has_index);
    let answer = catch_unwind(AssertUnwindSafe(|| act(&mut tx)))
        .unwrap_or_else(|_| Err(Error::internal("an act panicked while reading")));
    let is_broken = tx.is_broken();
    drop(tx);
    // The end of the transaction is not for the deadline to break off.
    fit(connection.end_after(None))?;
    if connection.in_transaction() {
        fit(connection.run("ROLLBACK"))?;
    }
    if is_broken { None } else { Some(answer) }
}

pub(super) async fn read<F, T, W>(
    readers: Arc<Readers>,
    patience: Duration,
    budget: Option<Duration>,
    act: W,
) -> Result<T>
where
    F: 'static,
    T: Send + 'static,
    W: FnOnce(&mut Tx<'_, F>) -> Result<T> + Send + 'static,
{
    let permit = match tokio::time::timeout(patience, readers.permits.acquire()).await {
        Ok(Ok(permit)) => permit,
        Ok(Err(_)) => return Err(Code::Unavailable.into()),
        Err(_) => return Err(Code::Busy.into()),
    };
    // The permit goes along in spirit: the thread runs to its end even if the asker goes away, so
    // it is given back there and not here.
    permit.forget();
    let lent = Lent(readers);
    tokio::task::spawn_blocking(move || lent.0.run(budget, act))
        .await
        .unwrap_or_else(|fault| Err(Error::internal(fault)))
}

/// Gives the permit back when the read has ended.
struct Lent(Arc<Readers>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.permits.add_permits(1);
    }
}
