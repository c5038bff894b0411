//! A small pool of threads for work that needs much processor time and memory.
//!
//! The blocking threads of tokio come and go, and the allocator keeps a heap for each thread. The
//! memory that a password hash or a picture needs would in time stay in every one of them.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::error::{Code, Result};
use crate::fair_queue::FairQueue;

type Job = Box<dyn FnOnce() + Send>;

/// How long a thread is without work before it frees what it keeps for the next.
const IDLE: Duration = Duration::from_secs(5);

/// A pool of threads. Clones share it; the threads end with the last clone.
#[derive(Clone)]
pub struct CpuPool {
    jobs: Arc<Jobs>,
    /// One permit for each thread, so that a job never waits in the queue after its caller's
    /// `queue_timeout` has stopped running.
    pub(crate) turns: FairQueue,
}

/// The pool's end of the queue. Its drop ends the threads.
struct Jobs(Arc<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    has_ended: bool,
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.0.waiting.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    /// Runs jobs until the pool ends. After some time without one it runs `idle`, once until the next job.
    fn work(&self, idle: fn()) {
        let mut has_worked = false;
        loop {
            let mut waiting = self.waiting.lock();
            let job = loop {
                if let Some(job) = waiting.jobs.pop_front() {
                    break Some(job);
                }
                match (waiting.has_ended, has_worked) {
                    (true, _) => return,
                    (false, false) => self.changed.wait(&mut waiting),
                    (false, true) if self.changed.wait_for(&mut waiting, IDLE).timed_out() => {
                        break waiting.jobs.pop_front();
                    }
                    (false, true) => {}
                }
            };
            drop(waiting);
            has_worked = job.is_some();
            let Some(job) = job else {
                idle();
                continue;
            };
            // After a panic the caller gets no answer, which `run` reports as `internal`.
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("a job on the CPU pool panicked");
            }
        }
    }
}

impl CpuPool {
    /// Starts `share` threads for the work of one network, at least one, and one more for that of others. A thread that has been idle
    /// for some seconds runs `idle`, which frees what it keeps.
    ///
    /// # Errors
    /// Returns a sentence for the operator when a thread cannot be started.
    pub fn start(name: &str, share: usize, idle: fn()) -> Result<Self, String> {
        let share = share.max(1);
        let queue = Arc::<Queue>::default();
        let jobs = Arc::new(Jobs(Arc::clone(&queue)));
        for _ in 0..=share {
            let queue = Arc::clone(&queue);
            let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || queue.work(idle));
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
        self.jobs.0.waiting.lock().jobs.push_back(Box::new(job));
        self.jobs.0.changed.notify_one();
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
        let pool = CpuPool::start("worker", 1, || {}).unwrap();
        let panicked = pool.run(HERE, Duration::MAX, || panic!("planned")).await;
        assert_eq!(panicked.map(|(): ()| ()).unwrap_err().code, Code::Internal);
        assert_eq!(pool.run(HERE, Duration::MAX, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn as_many_jobs_of_a_network_run_at_once_as_its_share() {
        let pool = CpuPool::start("worker", 2, || {}).unwrap();
        let meeting = Arc::new(std::sync::Barrier::new(2));
        let meet = || {
            let meeting = Arc::clone(&meeting);
            pool.run(HERE, Duration::MAX, move || meeting.wait().is_leader())
        };
        let (one, other) = tokio::join!(meet(), meet());
        assert_ne!(one, other);
    }
}
