//! Rate limits by the generic cell rate algorithm (GCRA), which keeps one instant for each limit.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// A rate in the long run, with a burst at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
    burst: u32,
}

impl Rate {
    /// `count` in a second, also at once; 0 counts as 1.
    pub const fn per_second(count: u32) -> Self {
        Self::per(Duration::from_secs(1), count)
    }

    /// `count` in a minute, also at once; 0 counts as 1.
    pub const fn per_minute(count: u32) -> Self {
        Self::per(Duration::from_secs(60), count)
    }

    /// `count` in an hour, also at once; 0 counts as 1.
    pub const fn per_hour(count: u32) -> Self {
        Self::per(Duration::from_secs(3_600), count)
    }

    /// `count` in a period, also at once; 0 counts as 1.
    pub const fn per(period: Duration, count: u32) -> Self {
        let count = if count == 0 { 1 } else { count };
        match period.checked_div(count) {
            Some(interval) => Self { interval, burst: count },
            None => Self { interval: period, burst: count },
        }
    }

    /// Sets how many may come at once after a pause.
    pub const fn burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    fn window(self) -> Duration {
        self.interval * self.burst
    }
}

/// The state of one limit: the theoretical arrival time of GCRA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter(Instant);

/// How far over its rate a sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Within,
    Over,
    /// Over by another whole burst: the sender ignores refusals.
    FarOver,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Counts one event at `now`, also when it is over the rate.
    pub(crate) fn count(&mut self, now: Instant, rate: Rate) -> Verdict {
        let window = rate.window();
        self.0 = self.0.max(now) + rate.interval;
        match self.0 - now {
            ahead if ahead <= window => Verdict::Within,
            ahead if ahead <= window * 2 => Verdict::Over,
            _ => {
                // Bounds the debt, and so the time to recover.
                self.0 = now + window * 2;
                Verdict::FarOver
            }
        }
    }
}

/// Limits the rate of each key, and forgets keys that are idle.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    inner: Mutex<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K> {
    meters: HashMap<K, Meter>,
    /// How many keys are kept before idle ones are removed. It follows the number of busy keys, so
    /// that many of them do not make each new key sweep in vain.
    sweep_at: usize,
}

const MIN_SWEEP_AT: usize = 4_096;

impl<K: Hash + Eq> RateLimiter<K> {
    /// A limiter that allows `rate` to each key.
    pub fn new(rate: Rate) -> Self {
        Self { rate, inner: Mutex::new(Inner { meters: HashMap::new(), sweep_at: MIN_SWEEP_AT }) }
    }

    /// Counts one event of a key if it is within the rate. A refused one does not count, so a client
    /// that keeps trying is let in again.
    ///
    /// # Errors
    /// Over the rate, with the time to wait.
    pub fn check(&self, key: K) -> Result<(), Duration> {
        self.check_many(key, 1)
    }

    /// Counts several events of a key at once, all or none. More than the burst come when all of it is free, and are paid
    /// off afterwards.
    ///
    /// # Errors
    /// As [`RateLimiter::check`].
    pub fn check_many(&self, key: K, count: u32) -> Result<(), Duration> {
        let now = Instant::now();
        let window = self.rate.window();
        let cost = |count| self.rate.interval.saturating_mul(count);
        let mut inner = self.inner.lock();
        if inner.meters.len() >= inner.sweep_at {
            inner.meters.retain(|_, meter| meter.0 > now);
            inner.sweep_at = MIN_SWEEP_AT.max(inner.meters.len() * 2);
        }
        let meter = inner.meters.entry(key).or_insert(Meter::new(now));
        let ahead = meter.0.max(now) - now;
        let needed = ahead + cost(count.min(self.rate.burst));
        if needed > window {
            return Err(needed - window);
        }
        meter.0 = now + ahead + cost(count);
        Ok(())
    }

    /// Takes back one event of a key, for events that turn out not to count.
    pub fn take_back(&self, key: &K) {
        self.take_back_many(key, 1);
    }

    /// Takes back several events of a key.
    pub fn take_back_many(&self, key: &K, count: u32) {
        if let Some(meter) = self.inner.lock().meters.get_mut(key)
            && let Some(before) = meter.0.checked_sub(self.rate.interval.saturating_mul(count))
        {
            meter.0 = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let (rate, start) = (Rate::per_second(10).burst(3), Instant::now());
        let mut meter = Meter::new(start);
        let verdicts: Vec<_> = (0..7).map(|_| meter.count(start, rate)).collect();
        use Verdict::*;
        assert_eq!(verdicts, [Within, Within, Within, Over, Over, Over, FarOver]);
        assert_eq!(meter.count(start + Duration::from_secs(2), rate), Within);
    }

    #[tokio::test(start_paused = true)]
    async fn each_key_has_its_own_rate_and_learns_how_long_to_wait() {
        let limiter = RateLimiter::new(Rate::per_minute(1));
        assert_eq!(limiter.check("a"), Ok(()));
        assert_eq!(limiter.check("a"), Err(Duration::from_secs(60)));
        assert_eq!(limiter.check("b"), Ok(()));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(limiter.check("a"), Err(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(limiter.check("a"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn several_events_count_all_or_none_and_can_be_taken_back() {
        let limiter = RateLimiter::new(Rate::per_second(1).burst(10));
        assert_eq!(limiter.check_many("a", 8), Ok(()));
        assert_eq!(limiter.check_many("a", 3), Err(Duration::from_secs(1)));
        assert_eq!(limiter.check_many("a", 2), Ok(()));
        limiter.take_back(&"a");
        assert_eq!(limiter.check("a"), Ok(()));
        assert_eq!(limiter.check_many("b", 1_000), Ok(()), "more than the burst come when it is free");
        assert_eq!(limiter.check("b"), Err(Duration::from_secs(991)), "and are paid off afterwards");
    }
}
