//! Write batches: packets to one client that are sent in the same turn of the runtime leave in one
//! write, which costs as much as each of them would. The idea is that of TCP_CORK.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// Sessions written to before other tasks get their turn.
const SESSIONS_PER_TURN: usize = 256;

/// A session with packets in a batch.
pub(crate) trait FlushBatch: Send + Sync {
    /// Writes the batch, if there still is one.
    fn flush_batch(&self);
}

/// The sessions with packets in a batch. Cloning shares them.
#[derive(Clone, Default)]
pub(crate) struct WriteBatches(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    sessions: Vec<Arc<dyn FlushBatch>>,
    /// Whether a task runs that flushes them.
    has_task: bool,
}

impl WriteBatches {
    /// Flushes the session's batch after the tasks that are due now have run. Outside of a runtime,
    /// where there are none, it is flushed at once.
    pub(crate) fn add(&self, session: Arc<dyn FlushBatch>) {
        let Ok(runtime) = Handle::try_current() else { return session.flush_batch() };
        let had_task = {
            let mut waiting = self.0.lock();
            waiting.sessions.push(session);
            std::mem::replace(&mut waiting.has_task, true)
        };
        if !had_task {
            runtime.spawn(flush_later(FlushTask(self.clone())));
        }
    }

    /// Flushes the batches now, before work that takes longer.
    pub(crate) fn flush(&self) {
        let sessions: Vec<_> = {
            let mut waiting = self.0.lock();
            let count = waiting.sessions.len().min(SESSIONS_PER_TURN);
            waiting.sessions.drain(..count).collect()
        };
        sessions.iter().for_each(|session| session.flush_batch());
    }

    fn is_empty(&self) -> bool {
        self.0.lock().sessions.is_empty()
    }
}

/// Marks the task as ended when it is dropped, also by a panic or the end of the runtime. Only then
/// are there sessions left.
struct FlushTask(WriteBatches);

impl Drop for FlushTask {
    fn drop(&mut self) {
        let left = std::mem::take(&mut *self.0.0.lock());
        left.sessions.iter().for_each(|session| session.flush_batch());
    }
}

async fn flush_later(task: FlushTask) {
    // Two yields: the runtime keeps no order among tasks that it wakes together, so those that were
    // woken with this one are sure to have run only at its second turn.
    yield_now().await;
    loop {
        yield_now().await;
        task.0.flush();
        if task.0.is_empty() {
            return;
        }
    }
}
