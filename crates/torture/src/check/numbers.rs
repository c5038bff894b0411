//! Revs and seqs: each belongs to one thing, none is missing, and no room is fuller than it may be.

use std::collections::{HashMap, HashSet};

use super::{About, Facts, Violation};
use crate::history::{Act, Outcome, Room, State, What};

pub(super) fn check(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    no_holes(facts, found);
    one_message_a_seq(facts, found);
    seats(facts, found);
}

/// I4: the room's rev is the number of accepted changes.
fn no_holes(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut acked: HashMap<Room, HashSet<i64>> = HashMap::new();
    // A change of which nothing is known may have taken a rev that a later one of the same message hides.
    let mut unknown: HashMap<Room, usize> = HashMap::new();
    let answered: HashSet<u32> = facts
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Answered { op, outcome } if !matches!(outcome, Outcome::Unknown) => Some(*op),
            _ => None,
        })
        .collect();
    for (op, (_, act)) in &facts.asked {
        if matches!(act, Act::Edit { .. } | Act::Delete { .. } | Act::React { .. }) && !answered.contains(op) {
            *unknown.entry(act.room()).or_default() += 1;
        }
    }
    for (_, _, act, outcome) in facts.answers() {
        if let Outcome::Changed { rev } = outcome {
            acked.entry(act.room()).or_default().insert(*rev);
        }
    }
    for (room, kept) in &facts.seen.store.rooms {
        let (known, acked) = (facts.known.get(room), acked.get(room));
        let is_known = |rev: &i64| {
            known.is_some_and(|known| known.contains_key(rev))
                || acked.is_some_and(|acked| acked.contains(rev))
                || kept.messages.contains_key(rev)
        };
        let holes: Vec<i64> = (1..=kept.rev).filter(|rev| !is_known(rev)).collect();
        let excused = unknown.get(room).copied().unwrap_or(0);
        if holes.len() > excused {
            let told = format!("no change took the revs {holes:?} of {} ({excused} changes unknown)", kept.rev);
            found.push(Violation { invariant: "I4", about: About::room(*room), told });
        }
        let above = known.and_then(|known| known.last_key_value()).map(|(rev, _)| *rev).filter(|rev| *rev > kept.rev);
        if let Some(rev) = above {
            let told = format!("rev {rev} was told, the room is at {}", kept.rev);
            found.push(Violation { invariant: "I4", about: About::room(*room).rev(rev), told });
        }
    }
}

/// I5: all agree on which message has a seq, and with the log. I2: what was received is stored.
fn one_message_a_seq(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut look = |room: Room, state: &State, whose: u16| {
        let row = facts.seen.store.rooms.get(&room).and_then(|kept| kept.messages.get(&state.seq));
        let about = About::room(room).seq(state.seq).who(whose);
        match row {
            None => {
                let told = format!("person {whose} was told {state}, and it is not stored");
                found.push(Violation { invariant: "I2", about, told });
            }
            Some(row) if row.state.id != state.id => {
                let told = format!("person {whose} was told {state}, stored is {}", row.state);
                found.push(Violation { invariant: "I5", about, told });
            }
            Some(_) => {}
        }
    };
    for event in facts.events {
        match &event.what {
            What::Heard(room, state) => look(*room, state, event.who),
            What::Answered { op, outcome: Outcome::Joined { states, .. } | Outcome::Page(states) } => {
                if let Some((_, act)) = facts.asked.get(op) {
                    states.iter().for_each(|state| look(act.room(), state, event.who));
                }
            }
            _ => {}
        }
    }
}

/// I12: members ≤ max at every point, as the room's lines tell it.
fn seats(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    for (room, kept) in &facts.seen.store.rooms {
        let mut count = 0;
        for row in kept.messages.values() {
            match row.system.as_ref().map(|(event, _)| event.as_str()) {
                Some("join") => count += 1,
                Some("exit" | "kick" | "ban") => count -= 1,
                _ => continue,
            }
            if count > kept.max {
                let about = About::room(*room).rev(row.state.seq);
                found.push(Violation { invariant: "I12", about, told: format!("{count} members, {} seats", kept.max) });
            }
        }
        if count != kept.member_count || count != kept.members.len() as i64 {
            let told =
                format!("its lines tell {count} members, it counts {}, {} are", kept.member_count, kept.members.len());
            found.push(Violation { invariant: "I12", about: About::room(*room), told });
        }
    }
}
