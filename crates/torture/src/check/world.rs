//! What the program itself must not do, and what must be left on the disk.

use super::{About, Facts, Violation};
use crate::history::{Outcome, What};

/// How soon after a fault of the store a send is acked again, in microseconds.
const HEALED: u64 = 10_000_000;
/// What the harness notes when a fault of the store is over, and when it does something else again.
pub(crate) const STORE_HEALED: &str = "the store is healed";

pub(super) fn check(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut wrong = |told: String| found.push(Violation { invariant: "I17", about: About::default(), told });
    if let Some(line) = facts.seen.log.lines().find(|line| line.contains("panicked")) {
        wrong(format!("the program panicked: {line}"));
    }
    for hash in &facts.seen.store.harmed_files {
        wrong(format!("the bytes of file {hash} are missing or others"));
    }
    if facts.seen.store.unfinished > 0 {
        wrong(format!("{} uploads lie about unfinished", facts.seen.store.unfinished));
    }
    heals(facts, found);
}

/// I16: the first ok comes within ten seconds of the healing.
fn heals(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut since = None;
    for event in facts.events {
        match &event.what {
            What::World(what) if what == STORE_HEALED => since = Some(event.at),
            // Another fault: it is not the store alone any more.
            What::World(_) => since = None,
            What::Answered { outcome: Outcome::Sent { .. }, .. } => since = None,
            _ => {}
        }
        if since.is_some_and(|since| event.at - since > HEALED) {
            let told = "no send was acked within 10 s of the store's healing".into();
            found.push(Violation { invariant: "I16", about: About::default(), told });
            since = None;
        }
    }
}
