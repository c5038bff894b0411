//! What a connection is told: in order, without a gap, and nothing to who is not in the room.

use std::collections::HashMap;
use std::ops::Bound::{Excluded, Included};

use super::{About, Facts, Known, Violation};
use crate::history::{Act, Event, Outcome, Room, State, What};

/// What a connection was told of a room since it came in, or came in again.
struct Stay<'a> {
    /// The rev of the answer to the coming in.
    entered: i64,
    /// Up to where all has been told.
    rev: i64,
    told: Vec<&'a State>,
}

pub(super) fn check(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut stays: HashMap<(u32, Room), Stay<'_>> = HashMap::new();
    for event in facts.events {
        match &event.what {
            What::Heard(room, state) => {
                membership(facts, event, *room, state, found);
                match stays.get_mut(&(event.conn, *room)) {
                    Some(stay) => {
                        rises(event, *room, stay, state, found);
                        stay.rev = stay.rev.max(state.rev);
                        stay.told.push(state);
                    }
                    None => found.push(Violation {
                        invariant: "I11",
                        about: About::room(*room).on(event).rev(state.rev),
                        told: format!("{state} came before any coming in"),
                    }),
                }
            }
            What::Answered { op, outcome: Outcome::Joined { rev, gap, states, .. } } => {
                let Some((_, Act::Join { room, since })) = facts.asked.get(op) else { continue };
                if let Some(stay) = stays.remove(&(event.conn, *room)) {
                    // What the fan-out missed while the room was entered again is in the snapshot.
                    no_gap(facts, event, *room, &stay, found);
                }
                if let Some(since) = since.filter(|_| !gap) {
                    whole(facts, event, *room, (since, *rev), states, found);
                }
                stays.insert((event.conn, *room), Stay { entered: *rev, rev: *rev, told: Vec::new() });
            }
            What::Closed => {
                let ended: Vec<_> = stays.keys().filter(|(conn, _)| *conn == event.conn).copied().collect();
                for key in ended {
                    if let Some(stay) = stays.remove(&key) {
                        no_gap(facts, event, key.1, &stay, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// I6: revs strictly rise, also above that of the answer to the coming in.
fn rises(event: &Event, room: Room, stay: &Stay<'_>, state: &State, found: &mut Vec<Violation>) {
    if state.rev <= stay.rev {
        found.push(Violation {
            invariant: "I6",
            about: About::room(room).on(event).rev(state.rev),
            told: format!("{state} was told after rev {}", stay.rev),
        });
    }
}

/// I7: what lies between two revs that were told was told too, or superseded, or not to be seen.
fn no_gap(facts: &Facts<'_>, event: &Event, room: Room, stay: &Stay<'_>, found: &mut Vec<Violation>) {
    let (Some(last), Some(known)) = (stay.told.iter().map(|state| state.rev).max(), facts.known.get(&room)) else {
        return;
    };
    let mut latest: HashMap<i64, i64> = HashMap::new();
    for state in &stay.told {
        let rev = latest.entry(state.seq).or_default();
        *rev = (*rev).max(state.rev);
    }
    for (rev, missed) in known.range((Excluded(stay.entered), Included(last.max(stay.entered)))) {
        if missed.is_visible(event.who) && latest.get(&missed.seq).is_none_or(|told| told < rev) {
            found.push(skipped(event, room, *rev, missed));
        }
    }
}

/// I7 and D6: a resume brings every message that changed since, in its present state.
fn whole(
    facts: &Facts<'_>,
    event: &Event,
    room: Room,
    (since, until): (i64, i64),
    states: &[State],
    found: &mut Vec<Violation>,
) {
    let Some(known) = facts.known.get(&room) else { return };
    let told: HashMap<i64, i64> = states.iter().map(|state| (state.seq, state.rev)).collect();
    for (rev, missed) in known.range((Excluded(since), Included(until.max(since)))) {
        if missed.is_visible(event.who) && told.get(&missed.seq).is_none_or(|told| told < rev) {
            found.push(skipped(event, room, *rev, missed));
        }
    }
    if let Some(pair) = states.windows(2).find(|pair| pair[0].rev >= pair[1].rev) {
        found.push(Violation {
            invariant: "I6",
            about: About::room(room).on(event).rev(pair[1].rev),
            told: format!("a resume told {} after {}", pair[1], pair[0]),
        });
    }
}

fn skipped(event: &Event, room: Room, rev: i64, missed: &Known) -> Violation {
    Violation {
        invariant: "I7",
        about: About::room(room).on(event).rev(rev).seq(missed.seq),
        told: format!("a change of message {} was not told", missed.seq),
    }
}

/// I11: only who is in the room at a rev is told of it; a stranger is told nothing.
fn membership(facts: &Facts<'_>, event: &Event, room: Room, state: &State, found: &mut Vec<Violation>) {
    let stays = facts.stays.get(&(room, event.who));
    let is_in = stays.is_some_and(|stays| stays.iter().any(|(from, to)| (*from..=*to).contains(&state.rev)));
    if !is_in {
        found.push(Violation {
            invariant: "I11",
            about: About::room(room).on(event).rev(state.rev),
            told: format!("{state} was told, and the person was in the room at {stays:?}"),
        });
    }
}
