//! Faults of the environment for tests (`crates/torture`): crashes at named points of a write, slow
//! commits, and a clock that jumps.
//!
//! Only builds with debug assertions have them. `MADANG_FAILPOINTS` turns them on, for example
//! `crash=after-commit:7,slow-commit=20,clock=3600000:700`. In a release every function here does
//! nothing.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SETTING: &str = "MADANG_FAILPOINTS";

/// A point of a write at which the process can crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    BeforeCommit,
    AfterCommit,
    AfterPublish,
    AfterAcks,
}

const POINTS: &[(&str, Point)] = &[
    ("before-commit", Point::BeforeCommit),
    ("after-commit", Point::AfterCommit),
    ("after-publish", Point::AfterPublish),
    ("after-acks", Point::AfterAcks),
];

#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Where to crash, and at which pass.
    crash: Option<(Point, u64)>,
    /// Where the thread panics, and at which pass.
    panic: Option<(Point, u64)>,
    /// How much longer each commit takes.
    slow_commit: Duration,
    /// The error of the clock in milliseconds, and the period in which it comes and goes.
    clock: Option<(i64, u64)>,
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let text = if cfg!(debug_assertions) { std::env::var(SETTING).unwrap_or_default() } else { String::new() };
    Plan::parse(&text).unwrap_or_else(|| panic!("{SETTING}={text} is not a list of failpoints"))
});

impl Plan {
    fn parse(text: &str) -> Option<Self> {
        let mut plan = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=')? {
                ("crash", at) => plan.crash = Some(parse_pass(at)?),
                ("panic", at) => plan.panic = Some(parse_pass(at)?),
                ("slow-commit", ms) => plan.slow_commit = Duration::from_millis(ms.parse().ok()?),
                ("clock", error) => {
                    let (by, period) = error.split_once(':')?;
                    plan.clock = Some((by.parse().ok()?, period.parse().ok()?));
                }
                _ => return None,
            }
        }
        Some(plan)
    }
}

fn parse_pass(text: &str) -> Option<(Point, u64)> {
    let (point, pass) = text.split_once(':')?;
    let point = POINTS.iter().find(|(name, _)| *name == point)?.1;
    Some((point, pass.parse().ok()?))
}

/// Blocks the writer's thread as a slow disk does.
#[allow(clippy::disallowed_methods, reason = "a slow disk blocks the thread as well")]
pub fn slow_commit() {
    if cfg!(debug_assertions) && !PLAN.slow_commit.is_zero() {
        std::thread::sleep(PLAN.slow_commit);
    }
}

/// Aborts the process, or panics, if the plan says so for this pass.
pub fn crash(point: Point) {
    static CRASHES: AtomicU64 = AtomicU64::new(0);
    static PANICS: AtomicU64 = AtomicU64::new(0);
    let is_due = |plan: Option<(Point, u64)>, passes: &AtomicU64| {
        plan.is_some_and(|(at, pass)| at == point && passes.fetch_add(1, Ordering::Relaxed) + 1 == pass)
    };
    if cfg!(debug_assertions) && is_due(PLAN.crash, &CRASHES) {
        std::process::abort();
    }
    if cfg!(debug_assertions) && is_due(PLAN.panic, &PANICS) {
        panic!("planned");
    }
}

/// Returns the current error of the clock in milliseconds.
pub fn clock_error_ms() -> i64 {
    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
    if !cfg!(debug_assertions) {
        return 0;
    }
    let Some((by, period)) = PLAN.clock else { return 0 };
    let turn = STARTED.elapsed().as_millis() as u64 / period.max(1);
    if turn % 2 == 1 { by } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_parsed_or_refused_whole() {
        let plan = Plan::parse("crash=after-commit:7,slow-commit=20,clock=-3600000:700").unwrap();
        assert_eq!(plan.crash, Some((Point::AfterCommit, 7)));
        assert_eq!(plan.slow_commit, Duration::from_millis(20));
        assert_eq!(plan.clock, Some((-3_600_000, 700)));
        assert_eq!(Plan::parse(""), Some(Plan::default()));
        for wrong in ["skip-sync", "crash=somewhere:1", "crash=after-commit", "slow-commit=x", "clock=1", "clock=a:b"] {
            assert_eq!(Plan::parse(wrong), None, "{wrong}");
        }
    }
}
