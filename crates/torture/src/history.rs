//! The history of a run: every event in the order in which the harness saw it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The index of a user in the fixtures.
pub(crate) type UserIndex = u16;
/// The index of a room in the fixtures.
pub(crate) type RoomIndex = u8;

/// An event. `at` is in microseconds since the run began.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) user: UserIndex,
    /// The number of the connection in the run; 0 for none.
    pub(crate) conn: u32,
    pub(crate) kind: EventKind,
}

#[derive(Clone, Debug)]
pub(crate) enum EventKind {
    Opened,
    Closed,
    /// An operation began. `op` is its number in the run.
    Invoked {
        op: u32,
        operation: Operation,
    },
    Returned {
        op: u32,
        outcome: Outcome,
    },
    /// A `message` event arrived.
    Received(RoomIndex, State),
    Kicked(RoomIndex),
    /// The harness did something: a fault, a start, an end.
    Harness(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Send(Send),
    Edit {
        room: RoomIndex,
        id: Arc<str>,
        text: Arc<str>,
    },
    Delete {
        room: RoomIndex,
        id: Arc<str>,
    },
    React {
        room: RoomIndex,
        id: Arc<str>,
        on: bool,
    },
    Join {
        room: RoomIndex,
        since: Option<i64>,
    },
    Leave(RoomIndex),
    Kick(RoomIndex, UserIndex),
    /// Reads the newest page of messages by REST.
    Read(RoomIndex),
}

#[derive(Clone, Debug)]
pub(crate) struct Send {
    pub(crate) room: RoomIndex,
    pub(crate) key: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) to: Option<UserIndex>,
    /// The SHA-256 of the file.
    pub(crate) file: Option<Arc<str>>,
    /// Whether this repeats a send with the same key.
    pub(crate) is_retry: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Sent { id: Arc<str>, seq: i64, rev: i64, dup: bool },
    Changed { rev: i64 },
    Joined { rev: i64, gap: bool, epoch: Arc<str>, states: Vec<State> },
    Page(Vec<State>),
    Done,
    Refused { code: Arc<str>, is_final: bool },
    Unknown,
}

/// A message at one rev, as a user received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) id: Arc<str>,
    pub(crate) sender: Option<UserIndex>,
    pub(crate) to: Option<UserIndex>,
    pub(crate) text: Arc<str>,
    pub(crate) is_system: bool,
}

impl Operation {
    pub(crate) fn room(&self) -> RoomIndex {
        match self {
            Self::Send(send) => send.room,
            Self::Edit { room, .. } | Self::Delete { room, .. } | Self::React { room, .. } => *room,
            Self::Join { room, .. } | Self::Leave(room) | Self::Kick(room, _) | Self::Read(room) => *room,
        }
    }
}

/// Records the history. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Recorder {
    began: Instant,
    events: Arc<Mutex<Vec<Event>>>,
    last: Arc<Mutex<(u32, u32)>>,
    acks: Arc<AtomicU64>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), events: Arc::default(), last: Arc::default(), acks: Arc::default() }
    }

    pub(crate) fn note(&self, user: UserIndex, conn: u32, kind: EventKind) {
        let mut events = self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Under the lock, so that the list is ordered by time.
        let at = self.began.elapsed().as_micros() as u64;
        events.push(Event { at, user, conn, kind });
    }

    pub(crate) fn harness(&self, kind: impl Into<String>) {
        self.note(0, 0, EventKind::Harness(kind.into()));
    }

    /// Returns the number of a new connection.
    pub(crate) fn connection(&self) -> u32 {
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        last.0 += 1;
        last.0
    }

    /// Records the start of an operation and returns its number.
    pub(crate) fn invoke(&self, user: UserIndex, conn: u32, operation: Operation) -> u32 {
        let op = {
            let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            last.1 += 1;
            last.1
        };
        self.note(user, conn, EventKind::Invoked { op, operation });
        op
    }

    pub(crate) fn returned(&self, user: UserIndex, conn: u32, op: u32, outcome: Outcome) {
        if matches!(outcome, Outcome::Sent { .. }) {
            self.acks.fetch_add(1, Ordering::Relaxed);
        }
        self.note(user, conn, EventKind::Returned { op, outcome });
    }

    /// Returns how many sends were acked so far.
    pub(crate) fn acks(&self) -> u64 {
        self.acks.load(Ordering::Relaxed)
    }

    /// Returns the events so far.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// Returns the operations by number, each with the index of its start.
pub(crate) fn invoked(events: &[Event]) -> HashMap<u32, (usize, &Operation)> {
    let invoked = events.iter().enumerate().filter_map(|(index, event)| match &event.kind {
        EventKind::Invoked { op, operation } => Some((*op, (index, operation))),
        _ => None,
    });
    invoked.collect()
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} ms  user {:<3} connection {:<4} ", self.at as f64 / 1e3, self.user, self.conn)?;
        match &self.kind {
            EventKind::Opened => f.write_str("opened"),
            EventKind::Closed => f.write_str("closed"),
            EventKind::Invoked { op, operation } => write!(f, "start #{op}: {operation}"),
            EventKind::Returned { op, outcome } => write!(f, "end #{op}: {outcome}"),
            EventKind::Received(room, state) => write!(f, "received in room {room}: {state}"),
            EventKind::Kicked(room) => write!(f, "kicked from room {room}"),
            EventKind::Harness(text) => write!(f, "-- {text} --"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(Send { room, key, to, file, is_retry, .. }) => {
                write!(f, "{} {key} in room {room}", if *is_retry { "send again" } else { "send" })?;
                to.map_or(Ok(()), |to| write!(f, " to user {to}"))?;
                file.as_ref().map_or(Ok(()), |_| f.write_str(" with a file"))
            }
            Self::Edit { room, id, text } => write!(f, "edit {id} in room {room}: {text}"),
            Self::Delete { room, id } => write!(f, "delete {id} in room {room}"),
            Self::React { room, id, on } => write!(f, "react to {id} in room {room}: {on}"),
            Self::Join { room, since: Some(since) } => write!(f, "join room {room} since {since}"),
            Self::Join { room, since: None } => write!(f, "join room {room}"),
            Self::Leave(room) => write!(f, "leave room {room}"),
            Self::Kick(room, whom) => write!(f, "kick user {whom} from room {room}"),
            Self::Read(room) => write!(f, "read room {room}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |states: &[State]| {
            let list: Vec<String> = states.iter().map(|state| format!("{}@{}", state.seq, state.rev)).collect();
            list.join(" ")
        };
        match self {
            Self::Sent { id, seq, rev, dup } => {
                write!(f, "ok, {id} at seq {seq}, rev {rev}{}", if *dup { ", dup" } else { "" })
            }
            Self::Changed { rev } => write!(f, "ok, rev {rev}"),
            Self::Joined { rev, gap, epoch, states } => {
                let gap = if *gap { ", gap" } else { "" };
                write!(f, "ok, rev {rev} of epoch {epoch}{gap}, seq@rev: {}", list(states))
            }
            Self::Page(states) => write!(f, "ok, seq@rev: {}", list(states)),
            Self::Done => f.write_str("ok"),
            Self::Refused { code, is_final } => {
                write!(f, "refused with {code}{}", if *is_final { " (final)" } else { "" })
            }
            Self::Unknown => f.write_str("unknown: no response"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq {} rev {} {} from ", self.seq, self.rev, self.id)?;
        match self.sender {
            Some(sender) => write!(f, "user {sender}")?,
            None => f.write_str("another user")?,
        }
        self.to.map_or(Ok(()), |to| write!(f, " to user {to}"))?;
        let text: String = self.text.chars().take(40).collect();
        if self.is_system { f.write_str(", a system message") } else { write!(f, " {text:?}") }
    }
}
