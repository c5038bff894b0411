//! A semaphore that is fair among networks: one has a share of the permits, the rest is kept for others, and waiting
//! callers take turns by network.

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
    /// The permits of one network at most.
    share: usize,
    free: usize,
    networks: HashMap<IpAddr, Network>,
    /// The networks that wait, in the order of their turns.
    turns: VecDeque<IpAddr>,
}

/// A network that holds permits or waits for one.
#[derive(Debug, Default)]
struct Network {
    held: usize,
    /// The oldest first.
    waiting: VecDeque<oneshot::Sender<Permit>>,
}

/// One of the permits, released when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    queue: FairQueue,
    network: IpAddr,
}

impl FairQueue {
    /// A queue with `share` permits for one network, at least one, and one more for the others.
    pub(crate) fn new(share: usize) -> Self {
        let share = share.max(1);
        let inner = Inner { share, free: share + 1, networks: HashMap::new(), turns: VecDeque::new() };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Waits for a permit; `None` if none came in time.
    pub(crate) async fn acquire(&self, network: IpAddr, limit: Duration) -> Option<Permit> {
        let receiver = {
            let mut inner = self.0.lock();
            if inner.take(network) {
                return Some(self.permit(network));
            }
            inner.wait(network)
        };
        // A permit that arrives too late is dropped with the receiver, and so released.
        timeout(limit, receiver).await.ok()?.ok()
    }

    fn permit(&self, network: IpAddr) -> Permit {
        Permit { queue: self.clone(), network }
    }

    /// Takes a permit back and hands it to the next caller that still waits.
    fn release(&self, network: IpAddr) {
        let next = {
            let mut inner = self.0.lock();
            inner.give_back(network);
            inner.next()
        };
        if let Some((network, caller)) = next {
            // A caller that has gone drops the permit, which releases it again.
            drop(caller.send(self.permit(network)));
        }
    }
}

impl Inner {
    /// Takes a permit for a network, if one is free for it.
    fn take(&mut self, network: IpAddr) -> bool {
        let network = self.networks.entry(network).or_default();
        let may = self.free > 0 && network.held < self.share;
        if may {
            self.free -= 1;
            network.held += 1;
        }
        may
    }

    fn give_back(&mut self, network: IpAddr) {
        self.free += 1;
        if let Some(holder) = self.networks.get_mut(&network) {
            holder.held -= 1;
            if holder.held == 0 && holder.waiting.is_empty() {
                self.networks.remove(&network);
            }
        }
    }

    fn wait(&mut self, network: IpAddr) -> oneshot::Receiver<Permit> {
        let (sender, receiver) = oneshot::channel();
        let waiting = &mut self.networks.entry(network).or_default().waiting;
        if waiting.is_empty() {
            self.turns.push_back(network);
        }
        waiting.push_back(sender);
        receiver
    }

    /// Takes a permit for the oldest caller that still waits, of the first network that may have one.
    fn next(&mut self) -> Option<(IpAddr, oneshot::Sender<Permit>)> {
        for _ in 0..self.turns.len() {
            let address = self.turns.pop_front()?;
            let network = self.networks.get_mut(&address)?;
            // Those who gave up cost their network no turn.
            while network.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                network.waiting.pop_front();
            }
            let may = network.held < self.share;
            let caller = if may { network.waiting.pop_front() } else { None };
            if !network.waiting.is_empty() {
                self.turns.push_back(address);
            }
            if let Some(caller) = caller {
                network.held += 1;
                self.free -= 1;
                return Some((address, caller));
            }
            if network.held == 0 && network.waiting.is_empty() {
                self.networks.remove(&address);
            }
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.release(self.network);
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
    async fn a_network_with_many_requests_does_not_delay_another() {
        let queue = FairQueue::new(1);
        let _many = queue.acquire(network(1), Duration::MAX).await.unwrap();
        assert!(queue.acquire(network(1), Duration::ZERO).await.is_none());
        assert!(queue.acquire(network(2), Duration::ZERO).await.is_some());
        assert!(queue.acquire(network(1), Duration::ZERO).await.is_none());
    }

    /// Abuse: B7
    #[tokio::test]
    async fn networks_take_turns() {
        let queue = FairQueue::new(1);
        let first = queue.acquire(network(1), Duration::MAX).await.unwrap();
        let _second = queue.acquire(network(4), Duration::MAX).await.unwrap();
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
        let _other = queue.acquire(network(4), Duration::MAX).await.unwrap();
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
        let other = queue.acquire(network(4), Duration::MAX).await.unwrap();
        for _ in 0..1_000 {
            assert!(queue.acquire(network(2), Duration::from_millis(1)).await.is_none());
        }
        drop((held, other));
        let _one = queue.acquire(network(3), Duration::ZERO).await.unwrap();
        let _two = queue.acquire(network(5), Duration::ZERO).await.unwrap();
        assert_eq!(queue.0.lock().networks.len(), 2);
    }
}
