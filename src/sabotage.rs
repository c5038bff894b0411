//! Ways to break this program on purpose, for the fault harness (`crates/torture`), which must
//! notice: planted bugs that break a promise, places at which the process dies, and a clock that
//! jumps.
//!
//! They exist in builds with debug assertions alone, where `MADANG_SABOTAGE` names them, as in
//! `skip-dedup,die=after-commit:7,clock=3600000:700`. In a release everything here is nothing.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A promise that can be broken; each is to be found out by an invariant of the harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The answers leave before the commit.
    AckBeforeCommit,
    /// The members hear of it before the commit.
    TellBeforeCommit,
    /// A commit is not waited for until it is on the disk.
    SkipSync,
    /// A repeated key is a message of its own.
    SkipDedup,
    /// Revs as from a sequence of the engine, which loses some.
    LooseRevs,
    /// What is to be told is dropped where some waits already.
    DropOnFull,
    /// A resume that is long brings its beginning and says it is all.
    PartialResume,
    /// Who was shown out is still in the fan-out.
    LateKick,
    /// Whether there is a seat is asked before, and not where it is taken.
    LooseCapacity,
}

/// A place on the way of a write at which the process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    BeforeCommit,
    AfterCommit,
    AfterTelling,
    AfterAnswers,
}

const BUGS: &[(&str, Bug)] = &[
    ("ack-before-commit", Bug::AckBeforeCommit),
    ("tell-before-commit", Bug::TellBeforeCommit),
    ("skip-sync", Bug::SkipSync),
    ("skip-dedup", Bug::SkipDedup),
    ("loose-revs", Bug::LooseRevs),
    ("drop-on-full", Bug::DropOnFull),
    ("partial-resume", Bug::PartialResume),
    ("late-kick", Bug::LateKick),
    ("loose-capacity", Bug::LooseCapacity),
];

const PLACES: &[(&str, Place)] = &[
    ("before-commit", Place::BeforeCommit),
    ("after-commit", Place::AfterCommit),
    ("after-telling", Place::AfterTelling),
    ("after-answers", Place::AfterAnswers),
];

#[derive(Default)]
struct Plan {
    bug: Option<Bug>,
    /// Where to die, and at which passing.
    death: Option<(Place, u64)>,
    /// Milliseconds by which the clock is wrong, and for how many at a time.
    clock: Option<(i64, u64)>,
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let planned = if cfg!(debug_assertions) { std::env::var("MADANG_SABOTAGE").ok() } else { None };
    planned.map(|text| Plan::parse(&text).unwrap_or_else(|| panic!("MADANG_SABOTAGE={text}"))).unwrap_or_default()
});

impl Plan {
    fn parse(text: &str) -> Option<Self> {
        let mut plan = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let named = |name: &str| BUGS.iter().find(|(known, _)| *known == name).map(|(_, bug)| *bug);
            match part.split_once('=') {
                Some(("die", at)) => {
                    let (place, passing) = at.split_once(':')?;
                    let place = PLACES.iter().find(|(known, _)| *known == place)?.1;
                    plan.death = Some((place, passing.parse().ok()?));
                }
                Some(("clock", wrong)) => {
                    let (by, period) = wrong.split_once(':')?;
                    plan.clock = Some((by.parse().ok()?, period.parse().ok()?));
                }
                _ => plan.bug = Some(named(part)?),
            }
        }
        Some(plan)
    }
}

/// Whether a bug is planted.
pub fn has(bug: Bug) -> bool {
    cfg!(debug_assertions) && PLAN.bug == Some(bug)
}

/// Waits as for a slow disk, where what left before the commit is to be on its way.
#[allow(clippy::disallowed_methods, reason = "a slow disk does stop the writer's thread")]
pub fn slow_disk() {
    if has(Bug::AckBeforeCommit) || has(Bug::TellBeforeCommit) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Dies here, without a word, if it is the time.
pub fn pass(place: Place) {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if cfg!(debug_assertions)
        && let Some((at, passing)) = PLAN.death
        && at == place
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == passing
    {
        std::process::abort();
    }
}

/// Milliseconds by which the clock is wrong now: it jumps there and back.
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
    fn a_plan_is_read_or_refused_whole() {
        let plan = Plan::parse("skip-dedup,die=after-commit:7,clock=-3600000:700").unwrap();
        assert_eq!(plan.bug, Some(Bug::SkipDedup));
        assert_eq!(plan.death, Some((Place::AfterCommit, 7)));
        assert_eq!(plan.clock, Some((-3_600_000, 700)));
        for wrong in ["skip-nothing", "die=somewhere:1", "die=after-commit", "clock=1", "clock=a:b"] {
            assert!(Plan::parse(wrong).is_none(), "{wrong}");
        }
    }
}
