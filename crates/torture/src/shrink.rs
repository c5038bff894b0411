//! Shrinks a history to the shortest one that still shows a violation.

use std::time::{Duration, Instant};

use crate::check::{About, Evidence, Violation, check};
use crate::history::{Event, EventKind, Operation, Outcome, State, invoked};

/// How long to search for a shorter history.
const BUDGET: Duration = Duration::from_secs(20);

/// Removes events that the violation does not need.
pub(crate) fn shrink(events: &[Event], evidence: &Evidence<'_>, wanted: &Violation) -> Vec<Event> {
    let until = Instant::now() + BUDGET;
    let shows = |events: &[Event]| {
        check(events, evidence).iter().any(|found| found.invariant == wanted.invariant && found.about == wanted.about)
    };
    let invoked = invoked(events);
    let of = |op: &u32| invoked.get(op).map(|(_, operation)| *operation);
    let about: Vec<Event> = events.iter().filter(|event| is_about(event, of, &wanted.about)).cloned().collect();
    let mut shortest = if shows(&about) { about } else { events.to_vec() };
    if shows(&[]) {
        // A final replica is wrong, whatever the events: all of its events are shown.
        return shortest;
    }
    let mut piece = shortest.len().div_ceil(2).max(1);
    loop {
        let mut start = 0;
        while start < shortest.len() && Instant::now() < until {
            let end = (start + piece).min(shortest.len());
            let without: Vec<Event> = [&shortest[..start], &shortest[end..]].concat();
            if shows(&without) {
                shortest = without;
            } else {
                start = end;
            }
        }
        if piece == 1 || Instant::now() >= until {
            return shortest;
        }
        piece = piece.div_ceil(2);
    }
}

/// Whether an event may be related.
fn is_about<'a>(event: &Event, invoked: impl Fn(&u32) -> Option<&'a Operation>, about: &About) -> bool {
    let is_of = |state: &State| about.seq == Some(state.seq) || about.rev == Some(state.rev);
    let act_is_of = |operation: &Operation| match operation {
        Operation::Send(send) => about.key.as_deref().is_none_or(|key| key == &*send.key),
        _ => about.conn.is_none_or(|conn| conn == event.conn),
    };
    match &event.kind {
        EventKind::Harness(_) => true,
        EventKind::Opened | EventKind::Closed | EventKind::Kicked(_) => {
            about.conn.is_none_or(|conn| conn == event.conn)
        }
        EventKind::Received(room, state) => {
            about.room.is_none_or(|it| it == *room) && (is_of(state) || about.conn == Some(event.conn))
        }
        EventKind::Invoked { operation, .. } => {
            about.room.is_none_or(|room| room == operation.room()) && act_is_of(operation)
        }
        EventKind::Returned { outcome: Outcome::Unknown | Outcome::Refused { .. }, .. } => {
            about.conn == Some(event.conn) || about.key.is_some() && about.user == Some(event.user)
        }
        EventKind::Returned { op, .. } => invoked(op)
            .is_some_and(|operation| about.room.is_none_or(|room| room == operation.room()) && act_is_of(operation)),
    }
}
