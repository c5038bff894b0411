//! What a run has to say for itself.

use std::fmt::Write;

use crate::check::Violation;
use crate::history::{Event, Outcome, What};
use crate::run::{Plan, Run};
use crate::shrink::shrink;

/// Events of a shortest history that are shown.
const SHOWN: usize = 60;
/// Violations that are told; they mostly have one cause.
const TOLD: usize = 8;

/// The figures of a run, for people.
pub(crate) fn figures(plan: &Plan, run: &Run) -> String {
    let count = |wanted: fn(&What) -> bool| run.events.iter().filter(|event| wanted(&event.what)).count();
    let acked = count(|what| matches!(what, What::Answered { outcome: Outcome::Sent { dup: false, .. }, .. }));
    let again = count(|what| matches!(what, What::Answered { outcome: Outcome::Sent { dup: true, .. }, .. }));
    let unknown = count(|what| matches!(what, What::Answered { outcome: Outcome::Unknown, .. }));
    let refused = count(|what| matches!(what, What::Answered { outcome: Outcome::Refused { .. }, .. }));
    let heard = count(|what| matches!(what, What::Heard(..)));
    let opened = count(|what| matches!(what, What::Opened));
    let resumed = count(|what| matches!(what, What::Answered { outcome: Outcome::Joined { .. }, .. }));
    let rows = run.store.rooms.values().flat_map(|kept| kept.messages.values());
    let stored = rows.filter(|row| !row.state.is_system).count();
    let mut text = format!(
        "seed {}: {} people for {:.0?}, in {:.0?} all told\n",
        plan.seed,
        run.held.len(),
        plan.lasting,
        run.took
    );
    let _ = writeln!(
        text,
        "  sent    {acked} acked as new, {again} as repeats, {unknown} left unknown and asked again, {refused} refused"
    );
    let (rooms, orphans) = (run.store.rooms.len(), run.store.orphans.len());
    let _ = writeln!(text, "  stored  {stored} messages in {rooms} rooms, {orphans} files left for the sweep");
    let _ = writeln!(text, "  seen    {heard} deliveries over {opened} connections, {resumed} times come in");
    let faults: Vec<String> = run.faults.iter().map(|(fault, count)| format!("{fault:?} {count}")).collect();
    let _ = writeln!(
        text,
        "  faults  {}; {} lives",
        if faults.is_empty() { "none".into() } else { faults.join(", ") },
        run.lives
    );
    let _ = write!(
        text,
        "  {}",
        if run.violations.is_empty() {
            "nothing lost, nothing twice, one order".into()
        } else {
            format!("{} VIOLATIONS", run.violations.len())
        }
    );
    text
}

/// What is wrong, with the shortest history that shows the first of it.
pub(crate) fn violations(run: &Run) -> String {
    let mut text = String::new();
    for violation in run.violations.iter().take(TOLD) {
        let _ = writeln!(text, "  {violation}");
    }
    if run.violations.len() > TOLD {
        let _ = writeln!(text, "  … and {} more", run.violations.len() - TOLD);
    }
    if let Some(first) = run.violations.first() {
        text.push_str(&story(run, first));
    }
    text
}

fn story(run: &Run, violation: &Violation) -> String {
    let shortest: Vec<Event> = shrink(&run.events, &run.seen(), violation);
    let mut text = format!("  the shortest history that shows {}:\n", violation.invariant);
    for event in shortest.iter().take(SHOWN) {
        let line = event.to_string();
        let _ = writeln!(text, "    {}", line.chars().take(400).collect::<String>());
    }
    if shortest.len() > SHOWN {
        let _ = writeln!(text, "    … and {} events more", shortest.len() - SHOWN);
    }
    text
}
