//! Durations, kept as a histogram.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::Outcome;

const LONGEST: Duration = Duration::from_secs(120);

pub(crate) struct Times(pub(crate) Histogram<u64>);

/// A summary of many durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) mean: f64,
    pub(crate) max: f64,
}

impl Times {
    /// Keeps three significant digits, from one microsecond on.
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST.as_micros() as u64, 3)?))
    }

    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Outcome<Summary> {
        let mut all = Self::new()?;
        times.into_iter().for_each(|time| all.record(time));
        Ok(all.summary())
    }

    pub(crate) fn record(&mut self, time: Duration) {
        self.0.saturating_record(time.as_micros() as u64);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    pub(crate) fn summary(&self) -> Summary {
        let at = |part: f64| self.0.value_at_quantile(part) as f64 / 1e3;
        Summary {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            mean: self.0.mean() / 1e3,
            max: self.0.max() as f64 / 1e3,
        }
    }
}

pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Microseconds for each of `count`.
pub(crate) fn micros_each(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}
