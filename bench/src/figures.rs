//! The figures of a run: medians over its windows, as a table for people and a line for programs.

use std::time::Duration;

use serde_json::json;

use crate::crowd::Flight;
use crate::start::Start;

/// One window of one side.
pub(crate) struct Window {
    /// Microseconds of processor time for one delivery.
    per_delivery: f64,
    first: Vec<Duration>,
    median: Vec<Duration>,
    last: Vec<Duration>,
    ack: Vec<Duration>,
}

impl Window {
    pub(crate) fn new(flights: &[Flight], cpu: Duration) -> Self {
        let deliveries: u64 = flights.iter().map(|flight| u64::from(flight.heard)).sum();
        let times = |time: fn(&Flight) -> Duration| flights.iter().map(time).collect();
        Self {
            per_delivery: cpu.as_secs_f64() * 1e6 / deliveries.max(1) as f64,
            first: times(|flight| flight.first),
            median: times(|flight| flight.median),
            last: times(|flight| flight.last),
            ack: times(|flight| flight.ack),
        }
    }
}

#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) members: u32,
    pub(crate) rate: u32,
    pub(crate) binary: u64,
    pub(crate) frame: usize,
    pub(crate) starts: Vec<Start>,
    /// Members who came in between `memory_before` and `memory_idle`.
    pub(crate) measured: usize,
    pub(crate) memory_before: u64,
    pub(crate) memory_idle: u64,
    pub(crate) memory_after: u64,
    pub(crate) madang: Vec<Window>,
    pub(crate) floor: Vec<Window>,
    /// Deliveries that did not come, came twice or came out of order.
    pub(crate) lost: u64,
    pub(crate) floor_lost: u64,
}

impl Figures {
    /// Each window of Madang against the floor's window right behind it, as the machine may have
    /// been busy with others' work in both.
    fn ratio(&self) -> f64 {
        let pairs = self.madang.iter().zip(&self.floor);
        median(pairs.map(|(madang, floor)| madang.per_delivery / floor.per_delivery.max(f64::EPSILON)).collect())
    }

    fn per_member(&self) -> f64 {
        self.memory_idle.saturating_sub(self.memory_before) as f64 / self.measured.max(1) as f64
    }

    pub(crate) fn print(&self) {
        let cpu = |windows: &[Window]| median(windows.iter().map(|window| window.per_delivery).collect());
        let each = |windows: &[Window]| {
            let all: Vec<_> = windows.iter().map(|window| format!("{:.2}", window.per_delivery)).collect();
            all.join(" ")
        };
        let first_page = median(self.starts.iter().map(|start| millis(start.first_page)).collect());
        let idle = median(self.starts.iter().map(|start| megabytes(start.memory)).collect());
        println!("{} members, {} messages a second, {} bytes a frame", self.members, self.rate, self.frame);
        println!("CPU per delivery      {:7.2} µs   windows {}", cpu(&self.madang), each(&self.madang));
        println!("  the floor           {:7.2} µs   windows {}", cpu(&self.floor), each(&self.floor));
        println!("  ratio               {:7.2}", self.ratio());
        println!("                         p50       p99   (floor p50, p99) ms");
        let mut times = serde_json::Map::new();
        type Times = fn(&Window) -> &Vec<Duration>;
        let rows: [(&str, Times); 4] = [
            ("first", |window| &window.first),
            ("median", |window| &window.median),
            ("last", |window| &window.last),
            ("ack", |window| &window.ack),
        ];
        for (name, of) in rows {
            let [ours, floor] = [&self.madang, &self.floor].map(|windows| Percentiles::of(windows, of));
            println!("  {name:<18} {:9.2} {:9.2}   ({:.2}, {:.2})", ours.p50, ours.p99, floor.p50, floor.p99);
            times.insert(name.into(), json!([ours.p50, ours.p99]));
        }
        println!("memory per member     {:7.2} KB", self.per_member() / 1024.0);
        println!(
            "memory                {:7.1} MB idle process, {:.1} before, {:.1} with all idle, {:.1} after",
            idle,
            megabytes(self.memory_before),
            megabytes(self.memory_idle),
            megabytes(self.memory_after)
        );
        println!("first page            {first_page:7.1} ms");
        println!("binary                {:7.1} MB", megabytes(self.binary));
        println!("lost                  {:7}      (floor {})", self.lost, self.floor_lost);
        println!(
            "{}",
            json!({
                "members": self.members, "rate": self.rate, "frame_bytes": self.frame,
                "cpu_us": cpu(&self.madang), "floor_cpu_us": cpu(&self.floor), "ratio": self.ratio(),
                "ms": times, "member_bytes": self.per_member(),
                "idle_mb": idle, "first_page_ms": first_page, "binary_bytes": self.binary,
                "lost": self.lost, "floor_lost": self.floor_lost,
            })
        );
    }
}

struct Percentiles {
    p50: f64,
    p99: f64,
}

impl Percentiles {
    fn of(windows: &[Window], times: fn(&Window) -> &Vec<Duration>) -> Self {
        let mut all: Vec<f64> = windows.iter().flat_map(times).map(|time| millis(*time)).collect();
        all.sort_by(f64::total_cmp);
        let at = |part: usize| all.get((all.len() * part / 100).min(all.len().saturating_sub(1))).copied();
        Self { p50: at(50).unwrap_or_default(), p99: at(99).unwrap_or_default() }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
