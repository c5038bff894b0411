//! The kinds of metrics, and how Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Most sets of labels of one metric. What would be more is not counted: labels come from tables of ours, so this is
/// never reached unless something is wrong.
const MAX_SERIES: usize = 2_048;
/// Most bounds of a histogram.
const MAX_BOUNDS: usize = 16;

pub(super) trait Metric: Sync {
    fn write(&self, name: &str, labels: &[&str], text: &mut String);
}

/// A number that only grows.
pub struct Counter(AtomicU64);

/// Numbers that only grow, one for each set of labels.
pub struct Counters(Mutex<BTreeMap<String, u64>>);

/// A number that goes up and down.
pub struct Gauge(AtomicU64);

/// Numbers that go up and down, one for each set of labels.
pub struct Gauges(Mutex<BTreeMap<String, f64>>);

/// A number that only grows and is counted elsewhere.
pub struct Reading(Gauge);

/// How often values were below fixed bounds.
pub struct Histogram {
    bounds: &'static [f64],
    buckets: [AtomicU64; MAX_BOUNDS],
    count: AtomicU64,
    sum_micros: AtomicU64,
}

/// Histograms, one for each set of labels.
pub struct Histograms {
    bounds: &'static [f64],
    series: Mutex<BTreeMap<String, Box<Histogram>>>,
}

impl Counter {
    pub(super) const KIND: &str = "counter";

    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) const KIND: &str = "counter";

    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Counts one more for these values of the labels.
    pub fn add(&self, values: &[&str]) {
        let mut series = self.0.lock();
        let key = key(values);
        if let Some(count) = series.get_mut(&key) {
            *count += 1;
        } else if series.len() < MAX_SERIES {
            series.insert(key, 1);
        }
    }
}

impl Gauge {
    pub(super) const KIND: &str = "gauge";

    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

impl Reading {
    pub(super) const KIND: &str = "counter";

    pub(super) const fn new() -> Self {
        Self(Gauge::new())
    }

    pub fn set(&self, value: f64) {
        self.0.set(value);
    }
}

impl Gauges {
    pub(super) const KIND: &str = "gauge";

    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Replaces all values.
    pub fn set<'a>(&self, values: impl IntoIterator<Item = (&'a [&'a str], f64)>) {
        *self.0.lock() = values.into_iter().map(|(labels, value)| (key(labels), value)).collect();
    }
}

impl Histogram {
    pub(super) const KIND: &str = "histogram";

    pub(super) const fn new(bounds: &'static [f64]) -> Self {
        assert!(bounds.len() <= MAX_BOUNDS);
        Self {
            bounds,
            buckets: [const { AtomicU64::new(0) }; MAX_BOUNDS],
            count: AtomicU64::new(0),
            sum_micros: AtomicU64::new(0),
        }
    }

    pub fn observe(&self, value: f64) {
        if let Some(bucket) = self.bounds.iter().position(|bound| value <= *bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add((value * 1e6) as u64, Ordering::Relaxed);
    }

    pub fn time(&self, time: Duration) {
        self.observe(time.as_secs_f64());
    }

    pub fn since(&self, begin: Instant) {
        self.time(begin.elapsed());
    }

    /// Returns how many values each bound has counted, and at the end how many were above all.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts: Vec<u64> =
            self.bounds.iter().zip(&self.buckets).map(|(_, bucket)| bucket.load(Ordering::Relaxed)).collect();
        let above = self.count.load(Ordering::Relaxed).saturating_sub(counts.iter().sum());
        counts.push(above);
        counts
    }

    pub fn bounds(&self) -> &'static [f64] {
        self.bounds
    }

    fn write_series(&self, name: &str, pairs: &str, text: &mut String) {
        let (comma, braces) = if pairs.is_empty() { ("", String::new()) } else { (",", format!("{{{pairs}}}")) };
        let mut below = 0;
        for (bound, bucket) in self.bounds.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{{pairs}{comma}le=\"{bound}\"}} {below}");
        }
        // Counted after its bucket: what is counted meanwhile must not make the last bucket the smaller one.
        let count = self.count.load(Ordering::Relaxed).max(below);
        let sum = self.sum_micros.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(text, "{name}_bucket{{{pairs}{comma}le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{braces} {sum}\n{name}_count{braces} {count}");
    }
}

impl Histograms {
    pub(super) const KIND: &str = "histogram";

    pub(super) const fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, series: Mutex::new(BTreeMap::new()) }
    }

    pub fn since(&self, values: &[&str], begin: Instant) {
        let time = begin.elapsed();
        let mut series = self.series.lock();
        let key = key(values);
        if let Some(histogram) = series.get(&key) {
            return histogram.time(time);
        }
        if series.len() < MAX_SERIES {
            let histogram = Box::new(Histogram::new(self.bounds));
            histogram.time(time);
            series.insert(key, histogram);
        }
    }
}

impl Metric for Counter {
    fn write(&self, name: &str, _: &[&str], text: &mut String) {
        let _ = writeln!(text, "{name} {}", self.0.load(Ordering::Relaxed));
    }
}

impl Metric for Counters {
    fn write(&self, name: &str, labels: &[&str], text: &mut String) {
        for (values, count) in &*self.0.lock() {
            let _ = writeln!(text, "{name}{{{}}} {count}", pairs(labels, values));
        }
    }
}

impl Metric for Gauge {
    fn write(&self, name: &str, _: &[&str], text: &mut String) {
        let _ = writeln!(text, "{name} {}", f64::from_bits(self.0.load(Ordering::Relaxed)));
    }
}

impl Metric for Reading {
    fn write(&self, name: &str, labels: &[&str], text: &mut String) {
        self.0.write(name, labels, text);
    }
}

impl Metric for Gauges {
    fn write(&self, name: &str, labels: &[&str], text: &mut String) {
        for (values, value) in &*self.0.lock() {
            let _ = writeln!(text, "{name}{{{}}} {value}", pairs(labels, values));
        }
    }
}

impl Metric for Histogram {
    fn write(&self, name: &str, _: &[&str], text: &mut String) {
        self.write_series(name, "", text);
    }
}

impl Metric for Histograms {
    fn write(&self, name: &str, labels: &[&str], text: &mut String) {
        for (values, histogram) in &*self.series.lock() {
            histogram.write_series(name, &pairs(labels, values), text);
        }
    }
}

/// Joins the values of labels. They come from tables of ours, and none has a control character.
fn key(values: &[&str]) -> String {
    values.join("\u{1}")
}

fn pairs(labels: &[&str], values: &str) -> String {
    let escape = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pair = |(label, value): (&&str, &str)| format!("{label}=\"{}\"", escape(value));
    labels.iter().zip(values.split('\u{1}')).map(pair).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let mut text = String::new();
        let counters = Counters::new();
        counters.add(&["GET", "/rooms/{id}"]);
        counters.add(&["GET", "/rooms/{id}"]);
        counters.add(&["PUT", "a\"b\\"]);
        counters.write("requests_total", &["method", "route"], &mut text);
        assert_eq!(
            text,
            "requests_total{method=\"GET\",route=\"/rooms/{id}\"} 2\nrequests_total{method=\"PUT\",route=\"a\\\"b\\\\\"} 1\n"
        );
        text.clear();
        let histogram = Histogram::new(&[0.5, 1.0]);
        for value in [0.25, 0.5, 0.75, 3.0] {
            histogram.observe(value);
        }
        histogram.write("seconds", &[], &mut text);
        assert_eq!(
            text,
            "seconds_bucket{le=\"0.5\"} 2\nseconds_bucket{le=\"1\"} 3\nseconds_bucket{le=\"+Inf\"} 4\nseconds_sum 4.5\nseconds_count 4\n"
        );
        text.clear();
        let gauges = Gauges::new();
        gauges.set([(&["preview"][..], 2.0)]);
        gauges.set([(&["reset_email"][..], 1.5)]);
        gauges.write("jobs", &["kind"], &mut text);
        assert_eq!(text, "jobs{kind=\"reset_email\"} 1.5\n");
    }

    #[test]
    fn the_number_of_series_is_bounded() {
        let counters = Counters::new();
        (0..MAX_SERIES + 10).for_each(|number| counters.add(&[&number.to_string()]));
        assert_eq!(counters.0.lock().len(), MAX_SERIES);
    }
}
