//! A small pool of threads for work that needs much processor time and memory.
//!
//! The blocking threads of tokio come and go, and the allocator keeps a heap for each thread. The
//! memory that a password hash or a picture needs would in time stay in every one of them.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::{Code, Error, Result};
use crate::fair_queue::FairQueue;

type Job = Box<dyn FnOnce() + Send>;

/// A pool of threads. Clones share it; the threads end with the last clone.
#[derive(Clone)]
pub struct CpuPool {
    jobs: mpsc::Sender<Job>,
    /// One permit for each thread, so that a job never waits in the channel after its caller's
    /// `queue_timeout` has stopped running.
    pub(crate) turns: FairQueue,
}

impl CpuPool {
    /// Starts `share` threads for the work of one network, at least one, and one more for that of others.
    ///
    /// # Errors
    /// Returns a sentence for the operator when a thread cannot be started.
    pub fn start(name: &str, share: usize) -> Result<Self, String> {
        let share = share.max(1);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..=share {
            let waiting = Arc::clone(&waiting);
            let work = move || {
                loop {
                    // The lock is released before the job runs; otherwise only one job could run at
                    // a time.
                    let job = waiting.lock().recv();
                    let Ok(job) = job else { return };
                    // After a panic the caller gets no answer, which `run` reports as `internal`.
                    if catch_unwind(AssertUnwindSafe(job)).is_err() {
                        tracing::error!("a job on the CPU pool panicked");
                    }
                }
            };
            let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
            started.map_err(|error| format!("cannot start a thread: {error}"))?;
        }
        Ok(Self { jobs, turns: FairQueue::new(share) })
    }

    /// Runs the work on a free thread, in the turn of the client's network. Once started, it continues even if the caller
    /// stops waiting.
    ///
    /// # Errors
    /// `busy` when no thread was free within `queue_timeout`; `internal` when the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        network: IpAddr,
        queue_timeout: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let permit = self.turns.acquire(network, queue_timeout).await.ok_or(Code::Busy)?;
        let (answer, answered) = oneshot::channel();
        let job = move || {
            let _permit = permit;
            // The caller may have gone away.
            let _ = answer.send(work());
        };
        self.jobs.send(Box::new(job)).map_err(Error::internal)?;
        answered.await.map_err(|_| Code::Internal.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// Abuse: N7
    #[tokio::test]
    async fn a_panic_ends_one_job_and_no_thread() {
        let pool = CpuPool::start("worker", 1).unwrap();
        let panicked = pool.run(HERE, Duration::MAX, || panic!("planned")).await;
        assert_eq!(panicked.map(|(): ()| ()).unwrap_err().code, Code::Internal);
        assert_eq!(pool.run(HERE, Duration::MAX, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn as_many_jobs_of_a_network_run_at_once_as_its_share() {
        let pool = CpuPool::start("worker", 2).unwrap();
        let meeting = Arc::new(std::sync::Barrier::new(2));
        let meet = || {
            let meeting = Arc::clone(&meeting);
            pool.run(HERE, Duration::MAX, move || meeting.wait().is_leader())
        };
        let (one, other) = tokio::join!(meet(), meet());
        assert_ne!(one, other);
    }
}
