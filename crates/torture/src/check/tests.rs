//! Histories made by hand, each with one thing wrong that no planted bug brings about.

use std::collections::{BTreeMap, HashMap};

use super::{STORE_HEALED, Seen, check};
use crate::history::{Act, Event, Outcome, Send, State, What};
use crate::store::{Kept, Row, Store};

fn state(seq: i64) -> State {
    let is_system = seq == 1;
    let text = if is_system { String::new() } else { format!("k{seq}") };
    State { seq, rev: seq, id: format!("id{seq}").into(), sender: Some(0), to: None, text: text.into(), is_system }
}

/// A room that person 0 made, in which they said something up to `last`.
fn store(last: i64) -> Store {
    let rows = (1..=last).map(|seq| {
        let system = (seq == 1).then(|| ("join".to_owned(), None));
        let key = (seq > 1).then(|| format!("k{seq}").into());
        (seq, Row { state: state(seq), key, is_deleted: false, system, files: Vec::new() })
    });
    let messages = rows.collect();
    let kept = Kept { rev: last, max: 4, member_count: 1, members: vec![0], messages, twice: Vec::new() };
    Store { rooms: BTreeMap::from([(0, kept)]), harmed_files: Vec::new(), orphans: Vec::new(), unfinished: 0 }
}

/// A history that writes itself: each thing a millisecond after the one before.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
    ops: u32,
}

impl Story {
    fn then(mut self, what: What) -> Self {
        self.events.push(Event { at: (self.events.len() as u64 + 1) * 1_000, who: 0, conn: 1, what });
        self
    }

    fn ask(mut self, act: Act) -> Self {
        self.ops += 1;
        let op = self.ops;
        self.then(What::Asked { op, act })
    }

    fn answer(self, op: u32, outcome: Outcome) -> Self {
        self.then(What::Answered { op, outcome })
    }

    fn say(self, seq: i64) -> Self {
        let (key, text) = (format!("k{seq}").into(), format!("k{seq}").into());
        self.ask(Act::Send(Send { room: 0, key, text, to: None, file: None, is_retry: false }))
    }

    fn acked(self, op: u32, seq: i64) -> Self {
        self.answer(op, Outcome::Sent { id: format!("id{seq}").into(), seq, rev: seq, dup: false })
    }

    fn join(self, rev: i64) -> Self {
        let op = self.ops + 1;
        let joined = Outcome::Joined { rev, gap: false, epoch: "e".into(), states: (1..=rev).map(state).collect() };
        self.ask(Act::Join { room: 0, since: None }).answer(op, joined)
    }

    /// The invariants that do not hold, each once.
    fn broken(&self, store: &Store, log: &str) -> Vec<&'static str> {
        let held: [HashMap<_, _>; 1] = [HashMap::new()];
        let found = check(&self.events, &Seen { store, held: &held, log });
        let mut broken: Vec<_> = found.iter().map(|violation| violation.invariant).collect();
        broken.dedup();
        broken
    }
}

#[test]
fn a_history_without_a_fault_breaks_nothing() {
    let story = Story::default().join(1).say(2).acked(2, 2).then(What::Heard(0, state(2)));
    assert_eq!(story.broken(&store(2), ""), [""; 0]);
}

#[test]
fn a_rev_that_does_not_rise_breaks_i6() {
    let said = Story::default().join(1).say(2).acked(2, 2).say(3).acked(3, 3);
    let told = said.then(What::Heard(0, state(3))).then(What::Heard(0, state(2)));
    assert_eq!(told.broken(&store(3), ""), ["I6"]);
}

#[test]
fn a_later_send_with_a_smaller_seq_breaks_i9() {
    let story = Story::default().join(1).say(3).acked(2, 3).say(2).acked(3, 2);
    assert_eq!(story.broken(&store(3), ""), ["I9"]);
}

#[test]
fn a_history_that_lacks_what_was_acked_breaks_i10() {
    let story = Story::default().join(1).say(2).acked(2, 2).ask(Act::Read(0)).answer(3, Outcome::Page(vec![state(1)]));
    assert_eq!(story.broken(&store(2), ""), ["I10"]);
}

#[test]
fn a_store_that_is_healed_and_acks_nothing_breaks_i16() {
    let mut story = Story::default().join(1).then(What::World(STORE_HEALED.into())).say(2).then(What::Opened);
    story.events[4].at += 11_000_000;
    assert_eq!(story.broken(&store(1), ""), ["I16"]);
}

#[test]
fn a_panic_or_a_harmed_file_breaks_i17() {
    let story = Story::default().join(1);
    assert_eq!(story.broken(&store(1), "thread 'writer' panicked at"), ["I17"]);
    let harmed = Store { harmed_files: vec!["ab".into()], ..store(1) };
    assert_eq!(story.broken(&harmed, ""), ["I17"]);
}
