//! What a connection receives: in order, without gaps, and only what its user may see.

use std::collections::HashMap;
use std::ops::Bound::{Excluded, Included};

use super::{About, Index, Known, Violation};
use crate::history::{Event, EventKind, Operation, Outcome, RoomIndex, State};

/// What a connection has received of a room since its last join.
struct Stay<'a> {
    /// The rev of the response to the join.
    joined_at: i64,
    /// The highest rev received.
    rev: i64,
    received: Vec<&'a State>,
}

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut stays: HashMap<(u32, RoomIndex), Stay<'_>> = HashMap::new();
    for event in index.events {
        match &event.kind {
            EventKind::Received(room, state) => {
                membership(index, event, *room, state, found);
                match stays.get_mut(&(event.conn, *room)) {
                    Some(stay) => {
                        rises(event, *room, stay, state, found);
                        stay.rev = stay.rev.max(state.rev);
                        stay.received.push(state);
                    }
                    None => found.push(Violation {
                        invariant: "I11",
                        about: About::room(*room).on(event).rev(state.rev),
                        message: format!("{state} was received before a join"),
                    }),
                }
            }
            EventKind::Returned { op, outcome: Outcome::Joined { rev, gap, states, .. } } => {
                let Some((_, Operation::Join { room, since })) = index.invoked.get(op) else { continue };
                if let Some(stay) = stays.remove(&(event.conn, *room)) {
                    // What the fan-out skipped during the second join is in its snapshot.
                    no_gap(index, event, *room, &stay, found);
                }
                if let Some(since) = since.filter(|_| !gap) {
                    whole(index, event, *room, (since, *rev), states, found);
                }
                stays.insert((event.conn, *room), Stay { joined_at: *rev, rev: *rev, received: Vec::new() });
            }
            EventKind::Closed => {
                let ended: Vec<_> = stays.keys().filter(|(conn, _)| *conn == event.conn).copied().collect();
                for key in ended {
                    if let Some(stay) = stays.remove(&key) {
                        no_gap(index, event, key.1, &stay, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// I6: revs strictly rise, starting from the response to the join.
fn rises(event: &Event, room: RoomIndex, stay: &Stay<'_>, state: &State, found: &mut Vec<Violation>) {
    if state.rev <= stay.rev {
        found.push(Violation {
            invariant: "I6",
            about: About::room(room).on(event).rev(state.rev),
            message: format!("{state} was received after rev {}", stay.rev),
        });
    }
}

/// I7: every rev between two received ones was received, was superseded, or is not visible.
fn no_gap(index: &Index<'_>, event: &Event, room: RoomIndex, stay: &Stay<'_>, found: &mut Vec<Violation>) {
    let (Some(last), Some(known)) = (stay.received.iter().map(|state| state.rev).max(), index.known.get(&room)) else {
        return;
    };
    let mut latest: HashMap<i64, i64> = HashMap::new();
    for state in &stay.received {
        let rev = latest.entry(state.seq).or_default();
        *rev = (*rev).max(state.rev);
    }
    for (rev, missed) in known.range((Excluded(stay.joined_at), Included(last.max(stay.joined_at)))) {
        if missed.is_visible(event.user) && latest.get(&missed.seq).is_none_or(|received| received < rev) {
            found.push(skipped(event, room, *rev, missed));
        }
    }
}

/// I7 and D6: a resume returns every message that has changed since, in its current state.
fn whole(
    index: &Index<'_>,
    event: &Event,
    room: RoomIndex,
    (since, until): (i64, i64),
    states: &[State],
    found: &mut Vec<Violation>,
) {
    let Some(known) = index.known.get(&room) else { return };
    let received: HashMap<i64, i64> = states.iter().map(|state| (state.seq, state.rev)).collect();
    for (rev, missed) in known.range((Excluded(since), Included(until.max(since)))) {
        if missed.is_visible(event.user) && received.get(&missed.seq).is_none_or(|received| received < rev) {
            found.push(skipped(event, room, *rev, missed));
        }
    }
    if let Some(pair) = states.windows(2).find(|pair| pair[0].rev >= pair[1].rev) {
        found.push(Violation {
            invariant: "I6",
            about: About::room(room).on(event).rev(pair[1].rev),
            message: format!("a resume returned {} after {}", pair[1], pair[0]),
        });
    }
}

fn skipped(event: &Event, room: RoomIndex, rev: i64, missed: &Known) -> Violation {
    Violation {
        invariant: "I7",
        about: About::room(room).on(event).rev(rev).seq(missed.seq),
        message: format!("a change of message {} was not received", missed.seq),
    }
}

/// I11: only members of the room at a rev receive it.
fn membership(index: &Index<'_>, event: &Event, room: RoomIndex, state: &State, found: &mut Vec<Violation>) {
    let stays = index.stays.get(&(room, event.user));
    let is_in = stays.is_some_and(|stays| stays.iter().any(|(from, to)| (*from..=*to).contains(&state.rev)));
    if !is_in {
        found.push(Violation {
            invariant: "I11",
            about: About::room(room).on(event).rev(state.rev),
            message: format!("{state} was received; the user was in the room at {stays:?}"),
        });
    }
}
