//! Revs, seqs and capacity: each number is used once, none is missing, and no room is over capacity.

use std::collections::{HashMap, HashSet};

use super::{About, Index, Violation};
use crate::history::{EventKind, Operation, Outcome, RoomIndex, State};

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    no_holes(index, found);
    one_message_a_seq(index, found);
    capacity(index, found);
}

/// I4: the room's rev is the number of accepted changes.
fn no_holes(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut acked: HashMap<RoomIndex, HashSet<i64>> = HashMap::new();
    // A change with an unknown outcome may have taken a rev that a later change of the message hides.
    let mut unknown: HashMap<RoomIndex, usize> = HashMap::new();
    let returned: HashSet<u32> = index
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Returned { op, outcome } if !matches!(outcome, Outcome::Unknown) => Some(*op),
            _ => None,
        })
        .collect();
    for (op, (_, operation)) in &index.invoked {
        if matches!(operation, Operation::Edit { .. } | Operation::Delete { .. } | Operation::React { .. })
            && !returned.contains(op)
        {
            *unknown.entry(operation.room()).or_default() += 1;
        }
    }
    for (_, _, operation, outcome) in index.returned() {
        if let Outcome::Changed { rev } = outcome {
            acked.entry(operation.room()).or_default().insert(*rev);
        }
    }
    for (room, stored_room) in &index.evidence.store.rooms {
        let (known, acked) = (index.known.get(room), acked.get(room));
        let is_known = |rev: &i64| {
            known.is_some_and(|known| known.contains_key(rev))
                || acked.is_some_and(|acked| acked.contains(rev))
                || stored_room.messages.contains_key(rev)
        };
        let holes: Vec<i64> = (1..=stored_room.rev).filter(|rev| !is_known(rev)).collect();
        let excused = unknown.get(room).copied().unwrap_or(0);
        if holes.len() > excused {
            let message =
                format!("no change took the revs {holes:?} of {} ({excused} changes are unknown)", stored_room.rev);
            found.push(Violation { invariant: "I4", about: About::room(*room), message });
        }
        let above =
            known.and_then(|known| known.last_key_value()).map(|(rev, _)| *rev).filter(|rev| *rev > stored_room.rev);
        if let Some(rev) = above {
            let message = format!("rev {rev} was received, the room is at {}", stored_room.rev);
            found.push(Violation { invariant: "I4", about: About::room(*room).rev(rev), message });
        }
    }
}

/// I5: every client and the store agree which message has a seq. I2: what was received is stored.
fn one_message_a_seq(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut look = |room: RoomIndex, state: &State, user: u16| {
        let row = index.evidence.store.rooms.get(&room).and_then(|stored_room| stored_room.messages.get(&state.seq));
        let about = About::room(room).seq(state.seq).user(user);
        match row {
            None => {
                let message = format!("user {user} received {state}, and it is not stored");
                found.push(Violation { invariant: "I2", about, message });
            }
            Some(row) if row.state.id != state.id => {
                let message = format!("user {user} received {state}, {} is stored", row.state);
                found.push(Violation { invariant: "I5", about, message });
            }
            Some(_) => {}
        }
    };
    for event in index.events {
        match &event.kind {
            EventKind::Received(room, state) => look(*room, state, event.user),
            EventKind::Returned { op, outcome: Outcome::Joined { states, .. } | Outcome::Page(states) } => {
                if let Some((_, operation)) = index.invoked.get(op) {
                    states.iter().for_each(|state| look(operation.room(), state, event.user));
                }
            }
            _ => {}
        }
    }
}

/// I12: members ≤ max at every rev, by the room's system messages.
fn capacity(index: &Index<'_>, found: &mut Vec<Violation>) {
    for (room, stored_room) in &index.evidence.store.rooms {
        let mut count = 0;
        for row in stored_room.messages.values() {
            match row.system.as_ref().map(|(event, _)| event.as_str()) {
                Some("join") => count += 1,
                Some("exit" | "kick" | "ban") => count -= 1,
                _ => continue,
            }
            if count > stored_room.max {
                let about = About::room(*room).rev(row.state.seq);
                found.push(Violation {
                    invariant: "I12",
                    about,
                    message: format!("{count} members, capacity {}", stored_room.max),
                });
            }
        }
        if count != stored_room.member_count || count != stored_room.members.len() as i64 {
            let message = format!(
                "its system messages give {count} members, its count {}, its rows {}",
                stored_room.member_count,
                stored_room.members.len()
            );
            found.push(Violation { invariant: "I12", about: About::room(*room), message });
        }
    }
}
