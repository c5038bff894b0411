//! The report of a run.

use std::collections::HashSet;
use std::fmt::Write;

use crate::check::Violation;
use crate::history::{Event, EventKind, Outcome};
use crate::run::{Plan, Run};
use crate::shrink::shrink;

/// How many events of a shrunk history are printed.
const MAX_EVENTS: usize = 60;
/// How many violations are printed. They mostly have one cause.
const MAX_VIOLATIONS: usize = 8;

/// Formats the figures of a run.
pub(crate) fn figures(plan: &Plan, run: &Run) -> String {
    let count = |wanted: fn(&EventKind) -> bool| run.events.iter().filter(|event| wanted(&event.kind)).count();
    let acked = count(|kind| matches!(kind, EventKind::Returned { outcome: Outcome::Sent { dup: false, .. }, .. }));
    let again = count(|kind| matches!(kind, EventKind::Returned { outcome: Outcome::Sent { dup: true, .. }, .. }));
    let unknown = count(|kind| matches!(kind, EventKind::Returned { outcome: Outcome::Unknown, .. }));
    let refused = count(|kind| matches!(kind, EventKind::Returned { outcome: Outcome::Refused { .. }, .. }));
    let received = count(|kind| matches!(kind, EventKind::Received(..)));
    let opened = count(|kind| matches!(kind, EventKind::Opened));
    let resumed = count(|kind| matches!(kind, EventKind::Returned { outcome: Outcome::Joined { .. }, .. }));
    let rows = run.store.rooms.values().flat_map(|stored_room| stored_room.messages.values());
    let stored = rows.filter(|row| !row.state.is_system).count();
    let mut text = format!(
        "seed {}: {} users, {:.0?} of faults, {:.0?} in total\n",
        plan.seed,
        run.replicas.len(),
        plan.duration,
        run.took
    );
    let _ = writeln!(
        text,
        "  sent    {acked} acked, {again} repeats acked, {unknown} without a response and repeated, {refused} refused"
    );
    let (rooms, orphans) = (run.store.rooms.len(), run.store.orphans.len());
    let _ = writeln!(text, "  stored  {stored} messages in {rooms} rooms, {orphans} files without a row");
    let _ = writeln!(text, "  clients {received} messages received over {opened} connections, {resumed} joins");
    let ids: HashSet<&str> = run.posted.deliveries.iter().map(|one| one.id.as_str()).collect();
    let (deliveries, pushes) = (run.posted.deliveries.len(), run.posted.pushes);
    let _ = writeln!(text, "  posted  {deliveries} deliveries of {} events, {pushes} pushes", ids.len());
    let faults: Vec<String> = run.faults.iter().map(|(fault, count)| format!("{fault:?} {count}")).collect();
    let _ = writeln!(
        text,
        "  faults  {}; {} server starts",
        if faults.is_empty() { "none".into() } else { faults.join(", ") },
        run.starts
    );
    let _ = write!(
        text,
        "  {}",
        if run.violations.is_empty() {
            "every invariant holds".into()
        } else {
            format!("{} VIOLATIONS", run.violations.len())
        }
    );
    text
}

/// Formats the violations and the shortest history that shows the first one.
pub(crate) fn violations(run: &Run) -> String {
    let mut text = String::new();
    for violation in run.violations.iter().take(MAX_VIOLATIONS) {
        let _ = writeln!(text, "  {violation}");
    }
    if run.violations.len() > MAX_VIOLATIONS {
        let _ = writeln!(text, "  … and {} more", run.violations.len() - MAX_VIOLATIONS);
    }
    if let Some(first) = run.violations.first() {
        text.push_str(&shortest_history(run, first));
    }
    text
}

fn shortest_history(run: &Run, violation: &Violation) -> String {
    let shortest: Vec<Event> = shrink(&run.events, &run.evidence(), violation);
    let mut text = format!("  the shortest history that shows {}:\n", violation.invariant);
    for event in shortest.iter().take(MAX_EVENTS) {
        let line = event.to_string();
        let _ = writeln!(text, "    {}", line.chars().take(400).collect::<String>());
    }
    if shortest.len() > MAX_EVENTS {
        let _ = writeln!(text, "    … and {} more events", shortest.len() - MAX_EVENTS);
    }
    text
}
