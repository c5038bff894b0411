//! How many requests to one host run at a time, so that a slow host delays its own requests only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// How long a request waits for its turn. Where it would wait longer, it is told when to come back.
const PATIENCE: Duration = Duration::from_millis(250);
/// With more hosts than this, those that are idle are forgotten.
const HOSTS: usize = 1_000;
/// How long a request is expected to take, until some of a host have ended.
const FIRST_MEAN: Duration = Duration::from_millis(50);

/// The slots of all hosts. Clones share them.
#[derive(Clone)]
pub(super) struct HostSlots(Arc<Inner>);

struct Inner {
    /// Requests to one host at a time.
    most: usize,
    /// The hosts that are busy.
    hosts: Mutex<HashMap<String, Host>>,
}

struct Host {
    slots: Arc<Semaphore>,
    waiting: u32,
    /// How long a request takes, as a moving average.
    mean: Duration,
    /// When the last request ended, or the first began.
    released_at: Instant,
    /// When those will have had their turn that were told to come back.
    queue_ends_at: Instant,
}

/// A slot, released when it is dropped.
pub(super) struct Slot {
    slots: HostSlots,
    host: String,
    begun_at: Instant,
    _permit: OwnedSemaphorePermit,
}

impl HostSlots {
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Inner { most: most.max(1), hosts: Mutex::default() }))
    }

    /// Takes a slot of a host, and waits a little for one.
    ///
    /// # Errors
    /// How long to wait before another attempt.
    pub(super) async fn take(&self, name: &str) -> Result<Slot, Duration> {
        let slots = {
            let (mut hosts, now) = (self.0.hosts.lock(), Instant::now());
            if hosts.len() > HOSTS {
                // Those who were told to come back did not.
                hosts.retain(|_, host| !host.is_idle(self.0.most) || host.queue_ends_at > now);
            }
            let host = hosts.entry(name.to_owned()).or_insert_with(|| Host::new(self.0.most, now));
            if let Ok(permit) = Arc::clone(&host.slots).try_acquire_owned() {
                return Ok(self.slot(name, permit));
            }
            if host.expected_wait(self.0.most, now) > PATIENCE {
                return Err(host.come_back(self.0.most, now));
            }
            host.waiting += 1;
            Arc::clone(&host.slots)
        };
        // Counts as waiting until it is dropped, also when the caller is.
        let waiting = Waiting { slots: self, name };
        let permit = timeout(PATIENCE, slots.acquire_owned()).await;
        drop(waiting);
        if let Ok(Ok(permit)) = permit {
            return Ok(self.slot(name, permit));
        }
        let (mut hosts, now) = (self.0.hosts.lock(), Instant::now());
        Err(hosts.get_mut(name).map_or(PATIENCE, |host| host.come_back(self.0.most, now)))
    }

    fn slot(&self, host: &str, permit: OwnedSemaphorePermit) -> Slot {
        Slot { slots: self.clone(), host: host.to_owned(), begun_at: Instant::now(), _permit: permit }
    }
}

impl Host {
    fn new(most: usize, now: Instant) -> Self {
        let slots = Arc::new(Semaphore::new(most));
        Self { slots, waiting: 0, mean: FIRST_MEAN, released_at: now, queue_ends_at: now }
    }

    /// The time from one free slot to the next.
    fn step(&self, most: usize, now: Instant) -> Duration {
        // A host that has stopped to answer is noticed before its first request has timed out.
        (self.mean / most as u32).max(now - self.released_at)
    }

    fn expected_wait(&self, most: usize, now: Instant) -> Duration {
        self.step(most, now).saturating_mul(self.waiting + 1)
    }

    fn is_idle(&self, most: usize) -> bool {
        self.waiting == 0 && self.slots.available_permits() == most
    }

    /// Returns how long the next request waits behind those that were told to come back.
    fn come_back(&mut self, most: usize, now: Instant) -> Duration {
        self.queue_ends_at = self.queue_ends_at.max(now + PATIENCE) + self.mean / most as u32;
        self.queue_ends_at - now
    }
}

struct Waiting<'a> {
    slots: &'a HostSlots,
    name: &'a str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(host) = self.slots.0.hosts.lock().get_mut(self.name) {
            host.waiting -= 1;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let (mut hosts, now) = (self.slots.0.hosts.lock(), Instant::now());
        let Some(host) = hosts.get_mut(&self.host) else { return };
        host.mean = (host.mean * 7 + (now - self.begun_at)) / 8;
        host.released_at = now;
        // This slot is still taken.
        let is_last = host.waiting == 0 && host.slots.available_permits() + 1 == self.slots.0.most;
        if is_last && host.queue_ends_at <= now {
            hosts.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_that_does_not_answer_delays_no_other() {
        let slots = HostSlots::new(2);
        let held = [slots.take("slow").await.ok().unwrap(), slots.take("slow").await.ok().unwrap()];
        tokio::time::advance(Duration::from_secs(5)).await;
        let begun = Instant::now();
        let waits: Vec<Duration> = [slots.take("slow").await, slots.take("slow").await]
            .into_iter()
            .map(|refused| refused.err().unwrap())
            .collect();
        // They come back one after the other.
        assert!(begun.elapsed() < PATIENCE && waits[0] < waits[1], "{waits:?}");
        assert!(slots.take("other").await.is_ok());
        drop(held);
        assert!(slots.take("slow").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_answers_lets_requests_wait_a_little() {
        let slots = HostSlots::new(1);
        let held = slots.take("quick").await.ok().unwrap();
        let next = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take("quick").await.is_ok() }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(held);
        assert!(next.await.unwrap());
        let _held = slots.take("quick").await.ok().unwrap();
        assert!(slots.take("quick").await.is_err(), "it waits only so long");
    }

    #[tokio::test(start_paused = true)]
    async fn idle_hosts_are_forgotten() {
        let slots = HostSlots::new(2);
        for number in 0..100 {
            drop(slots.take(&number.to_string()).await);
        }
        assert_eq!(slots.0.hosts.lock().len(), 0);
    }
}
