//! The shortest history that still shows a violation.

use std::time::{Duration, Instant};

use crate::check::{About, Seen, Violation, check};
use crate::history::{Act, Event, Outcome, State, What, asked};

/// How long is spent on it; what is shortest by then is shown.
const BUDGET: Duration = Duration::from_secs(20);

/// Leaves out of a history whatever the violation does not need.
pub(crate) fn shrink(events: &[Event], seen: &Seen<'_>, wanted: &Violation) -> Vec<Event> {
    let until = Instant::now() + BUDGET;
    let shows = |events: &[Event]| {
        check(events, seen).iter().any(|found| found.invariant == wanted.invariant && found.about == wanted.about)
    };
    let asked = asked(events);
    let of = |op: &u32| asked.get(op).map(|(_, act)| *act);
    let about: Vec<Event> = events.iter().filter(|event| is_about(event, of, &wanted.about)).cloned().collect();
    let mut shortest = if shows(&about) { about } else { events.to_vec() };
    if shows(&[]) {
        // It is what somebody holds that is wrong: how they came by it is all that can be shown.
        return shortest;
    }
    let mut piece = shortest.len().div_ceil(2).max(1);
    loop {
        let mut place = 0;
        while place < shortest.len() && Instant::now() < until {
            let end = (place + piece).min(shortest.len());
            let without: Vec<Event> = [&shortest[..place], &shortest[end..]].concat();
            if shows(&without) {
                shortest = without;
            } else {
                place = end;
            }
        }
        if piece == 1 || Instant::now() >= until {
            return shortest;
        }
        piece = piece.div_ceil(2);
    }
}

/// Whether an event may have to do with it.
fn is_about<'a>(event: &Event, asked: impl Fn(&u32) -> Option<&'a Act>, about: &About) -> bool {
    let is_of = |state: &State| about.seq == Some(state.seq) || about.rev == Some(state.rev);
    let act_is_of = |act: &Act| match act {
        Act::Send(send) => about.key.as_deref().is_none_or(|key| key == &*send.key),
        _ => about.conn.is_none_or(|conn| conn == event.conn),
    };
    match &event.what {
        What::World(_) => true,
        What::Opened | What::Closed | What::Kicked(_) => about.conn.is_none_or(|conn| conn == event.conn),
        What::Heard(room, state) => {
            about.room.is_none_or(|it| it == *room) && (is_of(state) || about.conn == Some(event.conn))
        }
        What::Asked { act, .. } => about.room.is_none_or(|room| room == act.room()) && act_is_of(act),
        What::Answered { outcome: Outcome::Unknown | Outcome::Refused { .. }, .. } => {
            about.conn == Some(event.conn) || about.key.is_some() && about.who == Some(event.who)
        }
        What::Answered { op, .. } => {
            asked(op).is_some_and(|act| about.room.is_none_or(|room| room == act.room()) && act_is_of(act))
        }
    }
}
