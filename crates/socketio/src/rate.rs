//! Rates: how often something may happen, kept in one instant (the generic cell rate algorithm).

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::config::Rate;

/// One keeper of a rate: when, if nothing more happened, it would be at rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter(Instant);

/// How far over its rate a keeper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Within,
    Over,
    /// Over by another whole burst: it does not listen.
    FarOver,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Counts one more at `now`.
    pub(crate) fn count(&mut self, now: Instant, rate: Rate) -> Verdict {
        let step = Duration::from_secs(1) / rate.per_second.max(1);
        let burst = step * rate.burst;
        self.0 = self.0.max(now) + step;
        match self.0 - now {
            ahead if ahead <= burst => Verdict::Within,
            ahead if ahead <= burst * 2 => Verdict::Over,
            _ => {
                // The debt stops growing here, so that a keeper that is kept waits bounded time.
                self.0 = now + burst * 2;
                Verdict::FarOver
            }
        }
    }
}

/// Rates by key, forgetting who has come to rest.
#[derive(Debug)]
pub(crate) struct Meters<K> {
    rate: Rate,
    inner: Mutex<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K> {
    meters: HashMap<K, Meter>,
    /// How many keys are kept before those at rest are swept out. It follows how many are not at
    /// rest, or a crowd of them would have each newcomer sweep in vain.
    sweep_at: usize,
}

const MIN_SWEEP_AT: usize = 4_096;

impl<K: Hash + Eq> Meters<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, inner: Mutex::new(Inner { meters: HashMap::new(), sweep_at: MIN_SWEEP_AT }) }
    }

    pub(crate) fn count(&self, key: K) -> Verdict {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        if inner.meters.len() >= inner.sweep_at {
            inner.meters.retain(|_, meter| meter.0 > now);
            inner.sweep_at = MIN_SWEEP_AT.max(inner.meters.len() * 2);
        }
        let meter = inner.meters.entry(key).or_insert(Meter::new(now));
        let verdict = meter.count(now, self.rate);
        if verdict != Verdict::Within {
            // A refused try costs nothing more, or who keeps knocking would never be let in again.
            meter.0 -= Duration::from_secs(1) / self.rate.per_second.max(1);
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let (rate, start) = (Rate { per_second: 10, burst: 3 }, Instant::now());
        let mut meter = Meter::new(start);
        let verdicts: Vec<_> = (0..7).map(|_| meter.count(start, rate)).collect();
        use Verdict::*;
        assert_eq!(verdicts, [Within, Within, Within, Over, Over, Over, FarOver]);
        assert_eq!(meter.count(start + Duration::from_secs(2), rate), Within);
    }

    #[test]
    fn keys_do_not_share_a_rate() {
        let meters = Meters::new(Rate { per_second: 1, burst: 1 });
        assert_eq!(meters.count("a"), Verdict::Within);
        assert_ne!(meters.count("a"), Verdict::Within);
        assert_eq!(meters.count("b"), Verdict::Within);
    }
}
