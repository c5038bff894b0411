//! What was said is stored once, as it was said, where it was answered to be.

use std::collections::{HashMap, HashSet};

use super::{About, Facts, Violation};
use crate::history::{Act, Outcome, Room, Send, What, Who};
use crate::store::Row;

pub(super) fn check(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let said = said(facts);
    acked_is_stored(facts, &said, found);
    stored_was_said(facts, &said, found);
    once(facts, found);
    order(facts, found);
    read_your_writes(facts, found);
}

/// What was said under a key, and the texts that its message may have by now.
struct Said<'a> {
    send: &'a Send,
    texts: HashSet<&'a str>,
    may_be_deleted: bool,
    refused: Option<&'a str>,
}

type AllSaid<'a> = HashMap<(Who, &'a str), Said<'a>>;

fn said<'a>(facts: &Facts<'a>) -> AllSaid<'a> {
    let mut said = AllSaid::new();
    let mut by_id: HashMap<&str, (Who, &str)> = HashMap::new();
    for event in facts.events {
        if let What::Asked { act: Act::Send(send), .. } = &event.what {
            let texts = HashSet::from([&*send.text]);
            let new = Said { send, texts, may_be_deleted: false, refused: None };
            said.entry((event.who, &send.key)).or_insert(new);
        }
    }
    for (_, event, act, outcome) in facts.answers() {
        let Act::Send(send) = act else { continue };
        match outcome {
            Outcome::Sent { id, .. } => drop(by_id.insert(id, (event.who, &send.key))),
            Outcome::Refused { code, is_final: true } => {
                if let Some(said) = said.get_mut(&(event.who, &*send.key)) {
                    said.refused = Some(code);
                }
            }
            _ => {}
        }
    }
    for (_, act) in facts.asked.values() {
        match act {
            Act::Edit { id, text, .. } => {
                if let Some(said) = by_id.get(&**id).and_then(|key| said.get_mut(key)) {
                    said.texts.insert(text);
                }
            }
            Act::Delete { id, .. } => {
                if let Some(said) = by_id.get(&**id).and_then(|key| said.get_mut(key)) {
                    said.may_be_deleted = true;
                }
            }
            _ => {}
        }
    }
    said
}

fn row<'a>(facts: &Facts<'a>, room: Room, seq: i64) -> Option<&'a Row> {
    facts.seen.store.rooms.get(&room)?.messages.get(&seq)
}

/// I1: each acked send is in the log at that seq, same text, same sender.
fn acked_is_stored(facts: &Facts<'_>, said: &AllSaid<'_>, found: &mut Vec<Violation>) {
    for (_, event, act, outcome) in facts.answers() {
        let (Act::Send(send), Outcome::Sent { id, seq, rev, .. }) = (act, outcome) else { continue };
        let mut wrong = |told: String| {
            let about = About { seq: Some(*seq), room: Some(send.room), ..About::key(event.who, &send.key) };
            found.push(Violation { invariant: "I1", about, told });
        };
        let Some(row) = row(facts, send.room, *seq) else {
            wrong(format!("it was acked at seq {seq}, and there is nothing"));
            continue;
        };
        if row.state.id != *id || row.state.sender != Some(event.who) || rev != seq {
            wrong(format!("it was acked as {id} at seq {seq}, rev {rev}; there is {}", row.state));
        } else if let Some(said) = said.get(&(event.who, &*send.key))
            && !row.is_deleted
            && !said.texts.contains(&*row.state.text)
        {
            wrong(format!("its text is {:?}", row.state.text));
        } else if let Some(file) = &send.file
            && !row.is_deleted
            && !row.files.iter().any(|hash| **hash == **file)
        {
            wrong("its file is not there".into());
        }
    }
}

/// I2: whatever is stored was sent by somebody, was not finally refused, and is whole.
fn stored_was_said(facts: &Facts<'_>, said: &AllSaid<'_>, found: &mut Vec<Violation>) {
    for (room, kept) in &facts.seen.store.rooms {
        for row in kept.messages.values().filter(|row| !row.state.is_system) {
            let mut wrong = |told: String| {
                let about = About::room(*room).seq(row.state.seq);
                found.push(Violation { invariant: "I2", about, told });
            };
            let key = row.state.sender.zip(row.key.as_deref());
            let Some(said) = key.and_then(|key| said.get(&key)) else {
                wrong(format!("nobody said it: {}", row.state));
                continue;
            };
            let is_whole = row.is_deleted && said.may_be_deleted || said.texts.contains(&*row.state.text);
            if !is_whole || said.send.room != *room || said.send.to != row.state.to {
                wrong(format!("{} was said, {} is stored", Act::Send(said.send.clone()), row.state));
            } else if let Some(code) = said.refused {
                wrong(format!("it was refused for good with {code}, and is stored"));
            }
        }
    }
}

/// I3: per sender and key one message, all acks equal, the second and later `dup`.
fn once(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut first: HashMap<(Who, &str), (&str, i64, bool)> = HashMap::new();
    for (_, event, act, outcome) in facts.answers() {
        let (Act::Send(send), Outcome::Sent { id, seq, dup, .. }) = (act, outcome) else { continue };
        let (known_id, known_seq, was_new) = first.entry((event.who, &send.key)).or_insert((id, *seq, false));
        let about = About { room: Some(send.room), ..About::key(event.who, &send.key) };
        if (*known_id, *known_seq) != (&**id, *seq) {
            let told = format!("it was acked as {known_id} at {known_seq} and as {id} at {seq}");
            found.push(Violation { invariant: "I3", about, told });
        } else if *was_new && !dup {
            found.push(Violation { invariant: "I3", about, told: "two acks say that it is new".into() });
        }
        *was_new |= !dup;
    }
    for (room, kept) in &facts.seen.store.rooms {
        for seq in &kept.twice {
            let about = About::room(*room).seq(*seq);
            found.push(Violation { invariant: "I3", about, told: "two messages are stored there".into() });
        }
        // Each key has a text of its own, so that a message is known by it whatever key it is stored with.
        let mut texts: HashMap<(Option<Who>, &str), i64> = HashMap::new();
        for row in kept.messages.values().filter(|row| !row.state.is_system && !row.is_deleted) {
            if let Some(first) = texts.insert((row.state.sender, &row.state.text), row.state.seq) {
                let about = About::room(*room).seq(row.state.seq);
                let told = format!("{} is stored at {first} too", row.state);
                found.push(Violation { invariant: "I3", about, told });
            }
        }
    }
}

/// I9: what was acked before another send began has the smaller seq, and the sends of one
/// connection keep their order.
fn order(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut highest: HashMap<Room, i64> = HashMap::new();
    let mut at_asking: HashMap<u32, i64> = HashMap::new();
    let mut on_connection: HashMap<(u32, Room), i64> = HashMap::new();
    for event in facts.events {
        match &event.what {
            What::Asked { op, act: Act::Send(send) } => {
                at_asking.insert(*op, highest.get(&send.room).copied().unwrap_or(0));
            }
            What::Answered { op, outcome: Outcome::Sent { seq, dup, .. } } => {
                let Some((_, Act::Send(send))) = facts.asked.get(op) else { continue };
                let known = highest.entry(send.room).or_default();
                *known = (*known).max(*seq);
                if *dup {
                    continue;
                }
                let mut wrong = |before: i64, told: &str| {
                    let about = About::room(send.room).seq(*seq).on(event);
                    let told = format!("{told} has seq {before}");
                    found.push(Violation { invariant: "I9", about, told });
                };
                let before = at_asking.get(op).copied().unwrap_or(0);
                if before >= *seq {
                    wrong(before, "what was acked before this was sent");
                }
                // A file goes another way and overtakes.
                if send.file.is_none()
                    && let Some(before) = on_connection.insert((event.conn, send.room), *seq)
                    && before >= *seq
                {
                    wrong(before, "what the same connection said before");
                }
            }
            _ => {}
        }
    }
}

/// I10: after the ack, the sender's next reading of the history shows it.
fn read_your_writes(facts: &Facts<'_>, found: &mut Vec<Violation>) {
    let mut acked: HashMap<(Who, Room), Vec<(u64, i64)>> = HashMap::new();
    for (asked, event, act, outcome) in facts.answers() {
        match (act, outcome) {
            (Act::Send(send), Outcome::Sent { seq, .. }) => {
                acked.entry((event.who, send.room)).or_default().push((event.at, *seq));
            }
            (Act::Read(room), Outcome::Page(states)) => {
                let began = facts.events[asked].at;
                let first = states.first().map_or(i64::MAX, |state| state.seq);
                let due = acked.get(&(event.who, *room)).into_iter().flatten();
                for (_, seq) in due.filter(|(at, seq)| *at < began && *seq >= first) {
                    if !states.iter().any(|state| state.seq == *seq) {
                        let about = About::room(*room).seq(*seq).on(event);
                        let told = "they read the history after the ack, without it".into();
                        found.push(Violation { invariant: "I10", about, told });
                    }
                }
            }
            _ => {}
        }
    }
}
