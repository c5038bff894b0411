//! I8: in the end every member holds all that they may see, in its present state, and nobody was
//! refused for good.

use super::{About, Facts, Violation};
use crate::cast;
use crate::history::{Act, Outcome, Who};
use crate::reader::Held;
use crate::store::Kept;

pub(super) fn check(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    for (who, rooms) in (0..).zip(facts.seen.held) {
        for (room, kept) in &facts.seen.store.rooms {
            if let Some(held) = rooms.get(room).filter(|_| kept.members.contains(&who)) {
                compare(who, *room, kept, held, found);
            }
        }
    }
    for (_, event, act, outcome) in facts.answers() {
        if let (Act::Join { room, .. }, Outcome::Refused { code, is_final: true }) = (act, outcome)
            && *room != cast::SEATS
            // A resume that meets one's being shown out.
            && **code != *"not_a_member"
        {
            let about = About::room(*room).on(event);
            found.push(Violation { invariant: "I8", about, told: format!("refused for good: {code}") });
        }
    }
}

fn compare(who: Who, room: u8, kept: &Kept, held: &Held, found: &mut Vec<Violation>) {
    let mut wrong = |seq: i64, told: String| {
        found.push(Violation { invariant: "I8", about: About::room(room).seq(seq).who(who), told });
    };
    for row in kept.messages.values() {
        let stored = &row.state;
        let is_visible = stored.to.is_none() || stored.to == Some(who) || stored.sender == Some(who);
        let is_due = is_visible && (stored.seq >= held.first_seq || stored.rev > held.first_rev);
        match held.states.get(&stored.seq) {
            None if is_due => wrong(stored.seq, format!("{stored} is stored, and not held")),
            Some(state) if !is_visible => wrong(stored.seq, format!("{state} is held, and not for them")),
            Some(state) if state.rev != stored.rev || !stored.is_system && state.text != stored.text => {
                wrong(stored.seq, format!("{state} is held, {stored} is stored"));
            }
            _ => {}
        }
    }
    for state in held.states.values().filter(|state| !kept.messages.contains_key(&state.seq)) {
        wrong(state.seq, format!("{state} is held, and not stored"));
    }
}
