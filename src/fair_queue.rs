//! A semaphore whose waiting callers take turns by network: one network with many requests delays each other one by one
//! request only.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A semaphore that is fair among networks. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct FairQueue(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    free: usize,
    /// The waiting callers of each network, the oldest first. No list is empty.
    waiting: HashMap<IpAddr, VecDeque<oneshot::Sender<Permit>>>,
    /// The networks that wait, in the order of their turns.
    turns: VecDeque<IpAddr>,
}

/// One of the permits, released when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Option<FairQueue>);

impl FairQueue {
    /// A queue with so many permits, at least one.
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { free: permits.max(1), waiting: HashMap::new(), turns: VecDeque::new() })))
    }

    /// Waits for a permit; `None` if none came in time.
    pub(crate) async fn acquire(&self, network: IpAddr, limit: Duration) -> Option<Permit> {
        let receiver = {
            let mut inner = self.0.lock();
            if inner.free > 0 {
                inner.free -= 1;
                return Some(Permit(Some(self.clone())));
            }
            let (sender, receiver) = oneshot::channel();
            let callers = inner.waiting.entry(network).or_default();
            callers.push_back(sender);
            if callers.len() == 1 {
                inner.turns.push_back(network);
            }
            receiver
        };
        // A permit that arrives too late is dropped with the receiver, and so released.
        timeout(limit, receiver).await.ok()?.ok()
    }

    /// Hands a permit to the next caller that still waits.
    fn release(&self) {
        loop {
            let mut inner = self.0.lock();
            let Some(next) = inner.next() else {
                inner.free += 1;
                return;
            };
            // A receiver that is gone drops the permit, which takes the lock.
            drop(inner);
            match next.send(Permit(Some(self.clone()))) {
                Ok(()) => return,
                Err(mut refused) => refused.0 = None,
            }
        }
    }
}

impl Inner {
    /// Takes the oldest caller that still waits, of the network whose turn it is.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        loop {
            let network = self.turns.pop_front()?;
            let callers = self.waiting.get_mut(&network)?;
            let next = loop {
                match callers.pop_front() {
                    // It gave up, which costs its network no turn.
                    Some(caller) if caller.is_closed() => {}
                    next => break next,
                }
            };
            if callers.is_empty() {
                self.waiting.remove(&network);
            } else {
                self.turns.push_back(network);
            }
            if next.is_some() {
                return next;
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    /// Abuse: B7
    #[tokio::test]
    async fn a_network_with_many_requests_delays_another_by_one() {
        let queue = FairQueue::new(1);
        let first = queue.acquire(network(1), Duration::MAX).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for caller in [1, 1, 1, 1, 2, 3] {
            let (queue, order) = (queue.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = queue.acquire(network(caller), Duration::MAX).await.unwrap();
                order.lock().push(caller);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock(), [1, 2, 3, 1, 1, 1]);
    }

    #[tokio::test]
    async fn callers_that_gave_up_delay_nobody_of_their_network() {
        let queue = FairQueue::new(1);
        let held = queue.acquire(network(1), Duration::MAX).await.unwrap();
        for _ in 0..100 {
            let gone = tokio::spawn({
                let queue = queue.clone();
                async move { queue.acquire(network(2), Duration::MAX).await }
            });
            tokio::task::yield_now().await;
            gone.abort();
        }
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for caller in [3, 2, 3, 3] {
            let (queue, order) = (queue.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _permit = queue.acquire(network(caller), Duration::MAX).await.unwrap();
                order.lock().push(caller);
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock(), [2, 3, 3, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_give_up_cost_no_permit() {
        let queue = FairQueue::new(1);
        let held = queue.acquire(network(1), Duration::MAX).await.unwrap();
        for _ in 0..1_000 {
            assert!(queue.acquire(network(2), Duration::from_millis(1)).await.is_none());
        }
        drop(held);
        let again = queue.acquire(network(3), Duration::ZERO).await;
        assert!(again.is_some());
    }
}
