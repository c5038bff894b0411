//! Histories with one error each that no bug of `crates/torture/bugs` causes.

use std::collections::{BTreeMap, HashMap};

use super::{Evidence, STORE_RECOVERED, check};
use crate::history::{Event, EventKind, Operation, Outcome, Send, State};
use crate::store::{Row, Store, StoredRoom};

fn state(seq: i64) -> State {
    let is_system = seq == 1;
    let text = if is_system { String::new() } else { format!("k{seq}") };
    State { seq, rev: seq, id: format!("id{seq}").into(), sender: Some(0), to: None, text: text.into(), is_system }
}

/// A room of user 0 with messages up to `last`.
fn store(last: i64) -> Store {
    let rows = (1..=last).map(|seq| {
        let system = (seq == 1).then(|| ("join".to_owned(), None));
        let key = (seq > 1).then(|| format!("k{seq}").into());
        (seq, Row { state: state(seq), key, is_deleted: false, system, files: Vec::new() })
    });
    let messages = rows.collect();
    let stored_room = StoredRoom {
        rev: last,
        max: 4,
        member_count: 1,
        members: vec![0],
        messages,
        duplicate_seqs: Vec::new(),
        left_out: 0,
    };
    Store {
        rooms: BTreeMap::from([(0, stored_room)]),
        damaged_files: Vec::new(),
        orphans: Vec::new(),
        incomplete_uploads: 0,
    }
}

/// Builds a history, one event per millisecond.
#[derive(Default)]
struct Builder {
    events: Vec<Event>,
    ops: u32,
}

impl Builder {
    fn then(mut self, kind: EventKind) -> Self {
        self.events.push(Event { at: (self.events.len() as u64 + 1) * 1_000, user: 0, conn: 1, kind });
        self
    }

    fn start(mut self, operation: Operation) -> Self {
        self.ops += 1;
        let op = self.ops;
        self.then(EventKind::Invoked { op, operation })
    }

    fn end(self, op: u32, outcome: Outcome) -> Self {
        self.then(EventKind::Returned { op, outcome })
    }

    fn send(self, seq: i64) -> Self {
        let (key, text) = (format!("k{seq}").into(), format!("k{seq}").into());
        self.start(Operation::Send(Send { room: 0, key, text, to: None, file: None, is_retry: false }))
    }

    fn acked(self, op: u32, seq: i64) -> Self {
        self.end(op, Outcome::Sent { id: format!("id{seq}").into(), seq, rev: seq, dup: false })
    }

    fn join(self, rev: i64) -> Self {
        let op = self.ops + 1;
        let joined = Outcome::Joined { rev, gap: false, epoch: "e".into(), states: (1..=rev).map(state).collect() };
        self.start(Operation::Join { room: 0, since: None }).end(op, joined)
    }

    /// Returns the broken invariants, each once.
    fn broken(&self, store: &Store, log: &str) -> Vec<&'static str> {
        let replicas: [HashMap<_, _>; 1] = [HashMap::new()];
        let found = check(&self.events, &Evidence { store, replicas: &replicas, log, received: None });
        let mut broken: Vec<_> = found.iter().map(|violation| violation.invariant).collect();
        broken.dedup();
        broken
    }
}

#[test]
fn a_history_without_a_fault_breaks_nothing() {
    let history = Builder::default().join(1).send(2).acked(2, 2).then(EventKind::Received(0, state(2)));
    assert_eq!(history.broken(&store(2), ""), [""; 0]);
}

#[test]
fn a_rev_that_does_not_rise_breaks_i6() {
    let history = Builder::default().join(1).send(2).acked(2, 2).send(3).acked(3, 3);
    let history = history.then(EventKind::Received(0, state(3))).then(EventKind::Received(0, state(2)));
    assert_eq!(history.broken(&store(3), ""), ["I6"]);
}

#[test]
fn a_later_send_with_a_smaller_seq_breaks_i9() {
    let history = Builder::default().join(1).send(3).acked(2, 3).send(2).acked(3, 2);
    assert_eq!(history.broken(&store(3), ""), ["I9"]);
}

#[test]
fn a_history_that_lacks_what_was_acked_breaks_i10() {
    let history =
        Builder::default().join(1).send(2).acked(2, 2).start(Operation::Read(0)).end(3, Outcome::Page(vec![state(1)]));
    assert_eq!(history.broken(&store(2), ""), ["I10"]);
}

#[test]
fn a_store_that_does_not_recover_breaks_i16() {
    let mut history =
        Builder::default().join(1).then(EventKind::Harness(STORE_RECOVERED.into())).send(2).then(EventKind::Opened);
    history.events[4].at += 11_000_000;
    assert_eq!(history.broken(&store(1), ""), ["I16"]);
}

#[test]
fn a_panic_or_a_damaged_file_breaks_i17() {
    let history = Builder::default().join(1);
    assert_eq!(history.broken(&store(1), "thread 'writer' panicked at"), ["I17"]);
    let damaged = Store { damaged_files: vec!["ab".into()], ..store(1) };
    assert_eq!(history.broken(&damaged, ""), ["I17"]);
}
