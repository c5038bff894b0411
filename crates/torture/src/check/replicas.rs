//! I8: in the end, every member's replica has each message that they may see, in its current state,
//! and no join was refused for good.

use super::{About, Index, Violation};
use crate::fixtures;
use crate::history::{Operation, Outcome, UserIndex};
use crate::replica::Replica;
use crate::store::StoredRoom;

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    for (user, rooms) in (0..).zip(index.evidence.replicas) {
        for (room, stored_room) in &index.evidence.store.rooms {
            if let Some(replicas) = rooms.get(room).filter(|_| stored_room.members.contains(&user)) {
                compare(user, *room, stored_room, replicas, found);
            }
        }
    }
    for (_, event, operation, outcome) in index.returned() {
        if let (Operation::Join { room, .. }, Outcome::Refused { code, is_final: true }) = (operation, outcome)
            && *room != fixtures::SMALL_ROOM
            // A resume that crosses a kick.
            && **code != *"not_a_member"
        {
            let about = About::room(*room).on(event);
            found.push(Violation { invariant: "I8", about, message: format!("refused for good: {code}") });
        }
    }
}

fn compare(user: UserIndex, room: u8, stored_room: &StoredRoom, replicas: &Replica, found: &mut Vec<Violation>) {
    let mut wrong = |seq: i64, message: String| {
        found.push(Violation { invariant: "I8", about: About::room(room).seq(seq).user(user), message });
    };
    for row in stored_room.messages.values() {
        let stored = &row.state;
        let is_visible = stored.to.is_none() || stored.to == Some(user) || stored.sender == Some(user);
        let is_due = is_visible && (stored.seq >= replicas.first_seq || stored.rev > replicas.first_rev);
        match replicas.states.get(&stored.seq) {
            None if is_due => wrong(stored.seq, format!("{stored} is stored and not in the replica")),
            Some(state) if !is_visible => {
                wrong(stored.seq, format!("{state} is in the replica and not visible to the user"))
            }
            Some(state) if state.rev != stored.rev || !stored.is_system && state.text != stored.text => {
                wrong(stored.seq, format!("{state} is in the replica, {stored} is stored"));
            }
            _ => {}
        }
    }
    for state in replicas.states.values().filter(|state| !stored_room.messages.contains_key(&state.seq)) {
        wrong(state.seq, format!("{state} is in the replica and not stored"));
    }
}
