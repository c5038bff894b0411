//! The server itself and the disk: no panic, no damage, and recovery in time.

use super::{About, Index, Violation};
use crate::history::{EventKind, Outcome};

/// How soon after a fault of the store a send must be acked, in microseconds.
const RECOVERY_LIMIT: u64 = 10_000_000;
/// The event of the harness that ends a fault of the store.
pub(crate) const STORE_RECOVERED: &str = "the store works again";

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut wrong = |message: String| found.push(Violation { invariant: "I17", about: About::default(), message });
    if let Some(line) = index.evidence.log.lines().find(|line| line.contains("panicked")) {
        wrong(format!("the server panicked: {line}"));
    }
    for hash in &index.evidence.store.damaged_files {
        wrong(format!("file {hash} is missing or damaged"));
    }
    if index.evidence.store.incomplete_uploads > 0 {
        wrong(format!("{} interrupted uploads were left", index.evidence.store.incomplete_uploads));
    }
    recovers(index, found);
}

/// I16: a send is acked within ten seconds of the end of a fault of the store.
fn recovers(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut since = None;
    for event in index.events {
        match &event.kind {
            EventKind::Harness(kind) if kind == STORE_RECOVERED => since = Some(event.at),
            // Another fault has begun.
            EventKind::Harness(_) => since = None,
            EventKind::Returned { outcome: Outcome::Sent { .. }, .. } => since = None,
            _ => {}
        }
        if since.is_some_and(|since| event.at - since > RECOVERY_LIMIT) {
            let message = "no send was acked within 10 s after the store worked again".into();
            found.push(Violation { invariant: "I16", about: About::default(), message });
            since = None;
        }
    }
}
