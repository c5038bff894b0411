//! Sends: each is stored once, as it was sent, at the seq of its ack.

use std::collections::{HashMap, HashSet};

use super::{About, Index, Violation};
use crate::history::{EventKind, Operation, Outcome, RoomIndex, Send, UserIndex};
use crate::store::Row;

pub(super) fn check(index: &Index<'_>, found: &mut Vec<Violation>) {
    let sent = sent(index);
    acked_is_stored(index, &sent, found);
    stored_was_sent(index, &sent, found);
    once(index, found);
    order(index, found);
    read_your_writes(index, found);
}

/// The send with a key, and the texts that its message may have.
struct SentMessage<'a> {
    send: &'a Send,
    texts: HashSet<&'a str>,
    may_be_deleted: bool,
    refused: Option<&'a str>,
}

type AllSent<'a> = HashMap<(UserIndex, &'a str), SentMessage<'a>>;

fn sent<'a>(index: &Index<'a>) -> AllSent<'a> {
    let mut sent = AllSent::new();
    let mut by_id: HashMap<&str, (UserIndex, &str)> = HashMap::new();
    for event in index.events {
        if let EventKind::Invoked { operation: Operation::Send(send), .. } = &event.kind {
            let texts = HashSet::from([&*send.text]);
            let new = SentMessage { send, texts, may_be_deleted: false, refused: None };
            sent.entry((event.user, &send.key)).or_insert(new);
        }
    }
    for (_, event, operation, outcome) in index.returned() {
        let Operation::Send(send) = operation else { continue };
        match outcome {
            Outcome::Sent { id, .. } => drop(by_id.insert(id, (event.user, &send.key))),
            Outcome::Refused { code, is_final: true } => {
                if let Some(sent) = sent.get_mut(&(event.user, &*send.key)) {
                    sent.refused = Some(code);
                }
            }
            _ => {}
        }
    }
    for (_, operation) in index.invoked.values() {
        match operation {
            Operation::Edit { id, text, .. } => {
                if let Some(sent) = by_id.get(&**id).and_then(|key| sent.get_mut(key)) {
                    sent.texts.insert(text);
                }
            }
            Operation::Delete { id, .. } => {
                if let Some(sent) = by_id.get(&**id).and_then(|key| sent.get_mut(key)) {
                    sent.may_be_deleted = true;
                }
            }
            _ => {}
        }
    }
    sent
}

fn row<'a>(index: &Index<'a>, room: RoomIndex, seq: i64) -> Option<&'a Row> {
    index.evidence.store.rooms.get(&room)?.messages.get(&seq)
}

/// I1: each acked send is in the log at that seq, same text, same sender.
fn acked_is_stored(index: &Index<'_>, sent: &AllSent<'_>, found: &mut Vec<Violation>) {
    for (_, event, operation, outcome) in index.returned() {
        let (Operation::Send(send), Outcome::Sent { id, seq, rev, .. }) = (operation, outcome) else { continue };
        let mut wrong = |message: String| {
            let about = About { seq: Some(*seq), room: Some(send.room), ..About::key(event.user, &send.key) };
            found.push(Violation { invariant: "I1", about, message });
        };
        let Some(row) = row(index, send.room, *seq) else {
            wrong(format!("it was acked at seq {seq}, which is empty"));
            continue;
        };
        if row.state.id != *id || row.state.sender != Some(event.user) || rev != seq {
            wrong(format!("it was acked as {id} at seq {seq}, rev {rev}; {} is stored", row.state));
        } else if let Some(sent) = sent.get(&(event.user, &*send.key))
            && !row.is_deleted
            && !sent.texts.contains(&*row.state.text)
        {
            wrong(format!("its text is {:?}", row.state.text));
        } else if let Some(file) = &send.file
            && !row.is_deleted
            && !row.files.iter().any(|hash| **hash == **file)
        {
            wrong("its file is missing".into());
        }
    }
}

/// I2: each stored message was sent, was not refused for good, and is whole.
fn stored_was_sent(index: &Index<'_>, sent: &AllSent<'_>, found: &mut Vec<Violation>) {
    for (room, stored_room) in &index.evidence.store.rooms {
        for row in stored_room.messages.values().filter(|row| !row.state.is_system) {
            let mut wrong = |message: String| {
                let about = About::room(*room).seq(row.state.seq);
                found.push(Violation { invariant: "I2", about, message });
            };
            let key = row.state.sender.zip(row.key.as_deref());
            let Some(sent) = key.and_then(|key| sent.get(&key)) else {
                wrong(format!("no user sent it: {}", row.state));
                continue;
            };
            let is_whole = row.is_deleted && sent.may_be_deleted || sent.texts.contains(&*row.state.text);
            if !is_whole || sent.send.room != *room || sent.send.to != row.state.to {
                wrong(format!("{} was sent, {} is stored", Operation::Send(sent.send.clone()), row.state));
            } else if let Some(code) = sent.refused {
                wrong(format!("it was refused for good with {code}, and is stored"));
            }
        }
    }
}

/// I3: per sender and key one message, all acks equal, the second and later `dup`.
fn once(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut first: HashMap<(UserIndex, &str), (&str, i64, bool)> = HashMap::new();
    for (_, event, operation, outcome) in index.returned() {
        let (Operation::Send(send), Outcome::Sent { id, seq, dup, .. }) = (operation, outcome) else { continue };
        let (known_id, known_seq, was_new) = first.entry((event.user, &send.key)).or_insert((id, *seq, false));
        let about = About { room: Some(send.room), ..About::key(event.user, &send.key) };
        if (*known_id, *known_seq) != (&**id, *seq) {
            let message = format!("it was acked as {known_id} at {known_seq} and as {id} at {seq}");
            found.push(Violation { invariant: "I3", about, message });
        } else if *was_new && !dup {
            found.push(Violation { invariant: "I3", about, message: "two acks say that it is new".into() });
        }
        *was_new |= !dup;
    }
    for (room, stored_room) in &index.evidence.store.rooms {
        for seq in &stored_room.duplicate_seqs {
            let about = About::room(*room).seq(*seq);
            found.push(Violation { invariant: "I3", about, message: "two messages have this seq".into() });
        }
        // Each key has its own text, which identifies a message that is stored with another key.
        let mut texts: HashMap<(Option<UserIndex>, &str), i64> = HashMap::new();
        for row in stored_room.messages.values().filter(|row| !row.state.is_system && !row.is_deleted) {
            if let Some(first) = texts.insert((row.state.sender, &row.state.text), row.state.seq) {
                let about = About::room(*room).seq(row.state.seq);
                let message = format!("{} is stored at {first} too", row.state);
                found.push(Violation { invariant: "I3", about, message });
            }
        }
    }
}

/// I9: a send that was acked before another began has the smaller seq, and the sends of one
/// connection keep their order.
fn order(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut highest: HashMap<RoomIndex, i64> = HashMap::new();
    let mut at_asking: HashMap<u32, i64> = HashMap::new();
    let mut on_connection: HashMap<(u32, RoomIndex), i64> = HashMap::new();
    for event in index.events {
        match &event.kind {
            EventKind::Invoked { op, operation: Operation::Send(send) } => {
                at_asking.insert(*op, highest.get(&send.room).copied().unwrap_or(0));
            }
            EventKind::Returned { op, outcome: Outcome::Sent { seq, dup, .. } } => {
                let Some((_, Operation::Send(send))) = index.invoked.get(op) else { continue };
                let known = highest.entry(send.room).or_default();
                *known = (*known).max(*seq);
                if *dup {
                    continue;
                }
                let mut wrong = |before: i64, message: &str| {
                    let about = About::room(send.room).seq(*seq).on(event);
                    let message = format!("{message} has seq {before}");
                    found.push(Violation { invariant: "I9", about, message });
                };
                let before = at_asking.get(op).copied().unwrap_or(0);
                if before >= *seq {
                    wrong(before, "a send that was acked before this one began");
                }
                // A file is sent by REST and may overtake.
                if send.file.is_none()
                    && let Some(before) = on_connection.insert((event.conn, send.room), *seq)
                    && before >= *seq
                {
                    wrong(before, "an earlier send of the same connection");
                }
            }
            _ => {}
        }
    }
}

/// I10: after the ack, the sender's next page of messages contains it.
fn read_your_writes(index: &Index<'_>, found: &mut Vec<Violation>) {
    let mut acked: HashMap<(UserIndex, RoomIndex), Vec<(u64, i64)>> = HashMap::new();
    for (invoked, event, operation, outcome) in index.returned() {
        match (operation, outcome) {
            (Operation::Send(send), Outcome::Sent { seq, .. }) => {
                acked.entry((event.user, send.room)).or_default().push((event.at, *seq));
            }
            (Operation::Read(room), Outcome::Page(states)) => {
                let began = index.events[invoked].at;
                let first = states.first().map_or(i64::MAX, |state| state.seq);
                let due = acked.get(&(event.user, *room)).into_iter().flatten();
                for (_, seq) in due.filter(|(at, seq)| *at < began && *seq >= first) {
                    if !states.iter().any(|state| state.seq == *seq) {
                        let about = About::room(*room).seq(*seq).on(event);
                        let message = "the sender's next page after the ack does not contain it".into();
                        found.push(Violation { invariant: "I10", about, message });
                    }
                }
            }
            _ => {}
        }
    }
}
