//! Work that takes much memory for a moment, on a few threads of its own.
//!
//! Not on those that come and go with the blocking calls: the system's allocator keeps a heap for
//! each thread, and what a password or a picture takes would in time stay in every one of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use crate::error::{Code, Error, Result};

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that work on one job each. Cloning shares them; they end with the last clone.
#[derive(Clone)]
pub struct Workers {
    jobs: mpsc::Sender<Job>,
    /// As many as there are threads, so that no job lies in the queue while its asker still counts
    /// the time until its turn.
    pub(crate) turns: Arc<Semaphore>,
}

impl Workers {
    /// Starts `count` threads, at least one.
    ///
    /// # Errors
    /// A sentence for the operator: the system gives no thread.
    pub fn start(name: &str, count: usize) -> Result<Self, String> {
        let count = count.max(1);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            let waiting = Arc::clone(&waiting);
            let work = move || {
                loop {
                    // The lock is given back before the job is done, or it would be done alone.
                    let job = waiting.lock().recv();
                    let Ok(job) = job else { return };
                    // Whoever asked learns of a panic by getting no answer.
                    if catch_unwind(AssertUnwindSafe(job)).is_err() {
                        tracing::error!("heavy work panicked");
                    }
                }
            };
            let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            started.map_err(|error| format!("cannot start a thread: {error}"))?;
        }
        Ok(Self { jobs, turns: Arc::new(Semaphore::new(count)) })
    }

    /// Does the work when its turn has come. Once begun it goes on even if the asker goes away.
    ///
    /// # Errors
    /// `busy` when no turn came within `patience`; `internal` when the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(patience, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Code::Busy.into()) };
        let (answer, answered) = oneshot::channel();
        let job = move || {
            let _turn = turn;
            // Nobody may wait for it any more.
            let _ = answer.send(work());
        };
        self.jobs.send(Box::new(job)).map_err(Error::internal)?;
        answered.await.map_err(|_| Code::Internal.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: N7
    #[tokio::test]
    async fn a_panic_costs_one_job_and_no_thread() {
        let workers = Workers::start("worker", 1).unwrap();
        let panicked = workers.run(Duration::MAX, || panic!("planned")).await;
        assert_eq!(panicked.map(|(): ()| ()).unwrap_err().code, Code::Internal);
        assert_eq!(workers.run(Duration::MAX, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn as_many_work_at_once_as_there_are_threads() {
        let workers = Workers::start("worker", 2).unwrap();
        let meeting = Arc::new(std::sync::Barrier::new(2));
        let meet = || {
            let meeting = Arc::clone(&meeting);
            workers.run(Duration::MAX, move || meeting.wait().is_leader())
        };
        let (one, other) = tokio::join!(meet(), meet());
        assert_ne!(one, other);
    }
}
