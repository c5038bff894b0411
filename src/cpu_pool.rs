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
    jobs: Arc<Handle>,
    /// One permit for each thread, so that a job never waits in the queue after its caller's
    /// `queue_timeout` has stopped running.
    pub(crate) turns: FairQueue,
}

/// The pool's end of the queue. Its drop ends the threads.
struct Handle(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.state.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    fn push(&self, job: Job) {
        self.state.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    /// Runs jobs until the pool ends. After this much time without one it runs `on_idle`, once until the next job.
    fn work(&self, idle: Duration, on_idle: fn()) {
        let mut has_worked = false;
        loop {
            let mut state = self.state.lock();
            let job = loop {
                if let Some(job) = state.jobs.pop_front() {
                    break Some(job);
                }
                if state.is_closed {
                    return;
                }
                if !has_worked {
                    self.changed.wait(&mut state);
                } else if self.changed.wait_for(&mut state, idle).timed_out() {
                    break state.jobs.pop_front();
                }
            };
            drop(state);
            has_worked = job.is_some();
            let Some(job) = job else {
                on_idle();
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
    /// for some seconds runs `on_idle`, which frees what it keeps.
    ///
    /// # Errors
    /// Returns a sentence for the operator when a thread cannot be started.
    pub fn start(name: &str, share: usize, on_idle: fn()) -> Result<Self, String> {
        let share = share.max(1);
        let queue = Arc::<Queue>::default();
        let jobs = Arc::new(Handle(Arc::clone(&queue)));
        for _ in 0..=share {
            let queue = Arc::clone(&queue);
            let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || queue.work(IDLE, on_idle));
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
        self.jobs.0.push(Box::new(job));
        answered.await.map_err(|_| Code::Internal.into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    #[test]
    fn a_thread_frees_what_it_keeps_once_after_it_was_idle() {
        static FREED: AtomicUsize = AtomicUsize::new(0);
        let queue = Arc::<Queue>::default();
        let handle = Handle(Arc::clone(&queue));
        let worker = std::thread::spawn(move || {
            queue.work(Duration::from_millis(1), || {
                FREED.fetch_add(1, Ordering::Relaxed);
            });
        });
        for round in 1..=2 {
            handle.0.push(Box::new(|| {}));
            while FREED.load(Ordering::Relaxed) < round {
                std::thread::yield_now();
            }
        }
        drop(handle);
        worker.join().unwrap();
        assert_eq!(FREED.load(Ordering::Relaxed), 2);
    }
}
