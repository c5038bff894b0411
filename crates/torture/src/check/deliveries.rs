//! Deliveries of webhooks and pushes: at least once, under one id, in the order of the hook.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{About, Index, Violation};
use crate::fixtures::HOOKED_ROOMS;
use crate::history::{Operation, Outcome, RoomIndex};
use crate::receiver::Delivered;

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    let Some(received) = &index.evidence.received else { return };
    each_is_delivered(index, &received.deliveries, found);
    each_has_one_id(&received.deliveries, found);
    in_order(index, &received.deliveries, found);
    if received.pushes == 0 && index.returned().any(|(.., outcome)| matches!(outcome, Outcome::Sent { .. })) {
        let message = "no push came to the browser of a member".into();
        found.push(Violation { invariant: "I18", about: About::default(), message });
    }
}

/// I18: what was acked in a room with a hook is delivered, but for as many events as the server has counted as left out.
fn each_is_delivered(index: &Index<'_>, deliveries: &[Delivered], found: &mut Vec<Violation>) {
    let delivered: HashSet<(RoomIndex, &str, &str)> =
        deliveries.iter().map(|one| (one.room, one.event.as_str(), one.message_id.as_str())).collect();
    let mut missing: BTreeMap<RoomIndex, Vec<Violation>> = BTreeMap::new();
    // Whispers are sent to nobody else.
    let mut public = HashSet::new();
    let sends = index.returned().filter_map(|(_, event, operation, outcome)| match (operation, outcome) {
        (Operation::Send(send), Outcome::Sent { id, .. }) if send.to.is_none() => Some((event, send, id)),
        _ => None,
    });
    for (event, send, id) in sends {
        public.insert(&**id);
        if HOOKED_ROOMS.contains(&send.room) && !delivered.contains(&(send.room, "message", &**id)) {
            let about = About { room: Some(send.room), ..About::key(event.user, &send.key) };
            let message = format!("{id} was acked and not delivered");
            missing.entry(send.room).or_default().push(Violation { invariant: "I18", about, message });
        }
    }
    for (_, event, operation, outcome) in index.returned() {
        let (kind, room, id) = match operation {
            Operation::Edit { room, id, .. } => ("edit", *room, id),
            Operation::Delete { room, id } => ("delete", *room, id),
            _ => continue,
        };
        let is_done = matches!(outcome, Outcome::Changed { .. }) && public.contains(&**id);
        if is_done && HOOKED_ROOMS.contains(&room) && !delivered.contains(&(room, kind, &**id)) {
            let about = About::room(room).user(event.user);
            let message = format!("the {kind} of {id} was acked and not delivered");
            missing.entry(room).or_default().push(Violation { invariant: "I18", about, message });
        }
    }
    missing.retain(|room, missing| missing.len() > left_out(index, *room));
    found.extend(missing.into_values().flatten());
}

/// I19: an id is that of one event, and a message is announced under one id.
fn each_has_one_id(deliveries: &[Delivered], found: &mut Vec<Violation>) {
    let (mut by_id, mut by_message) = (HashMap::new(), HashMap::new());
    for one in deliveries {
        let first = *by_id.entry(&one.id).or_insert(one);
        let is_same = (&first.event, &first.message_id, first.room) == (&one.event, &one.message_id, one.room);
        let mut is_new = true;
        if one.event == "message" {
            is_new = *by_message.entry((one.room, &one.message_id)).or_insert(&one.id) == &one.id;
        }
        if !is_same || !is_new {
            let message = format!("{} came as {} of {}", one.message_id, one.event, one.id);
            found.push(Violation { invariant: "I19", about: About::room(one.room).seq(one.seq), message });
        }
    }
}

/// I19: the first deliveries of a hook come in the order of its events; what is done to a message comes after it, unless the server
/// has counted it as left out.
fn in_order(index: &Index<'_>, deliveries: &[Delivered], found: &mut Vec<Violation>) {
    let (mut seen, mut last) = (HashSet::new(), HashMap::new());
    let mut announced = HashSet::new();
    let mut early: BTreeMap<RoomIndex, HashMap<&str, &Delivered>> = BTreeMap::new();
    let wrong = |one: &Delivered| {
        let message = format!("the {} of {} came in the wrong order", one.event, one.message_id);
        Violation { invariant: "I19", about: About::room(one.room).seq(one.seq), message }
    };
    for one in deliveries.iter().filter(|one| seen.insert(&one.id)) {
        if one.event == "message" {
            announced.insert(&one.message_id);
            if last.insert(one.room, one.seq).is_some_and(|before| before >= one.seq) {
                found.push(wrong(one));
            }
        } else if !announced.contains(&one.message_id) {
            early.entry(one.room).or_default().insert(&one.message_id, one);
        }
    }
    for (room, early) in early {
        let was_announced = early.values().any(|one| announced.contains(&one.message_id));
        if was_announced || early.len() > left_out(index, room) {
            found.extend(early.into_values().map(wrong));
        }
    }
}

/// Returns how many events the hooks of a room did not get, as the server has counted them.
fn left_out(index: &Index<'_>, room: RoomIndex) -> usize {
    index.evidence.store.rooms.get(&room).map_or(0, |room| room.left_out)
}
