//! What happened, in the order in which this process saw it happen, on one clock.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A person of the run, by the place in the cast.
pub(crate) type Who = u16;
/// A room of the run, by its place.
pub(crate) type Room = u8;

/// One thing that was seen. `at` is in microseconds of the run.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) who: Who,
    /// The connection, of all that there were in the run; 0 for what has none.
    pub(crate) conn: u32,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Opened,
    Closed,
    /// Somebody asked for something; `op` is of the run.
    Asked {
        op: u32,
        act: Act,
    },
    Answered {
        op: u32,
        outcome: Outcome,
    },
    /// A `message` event.
    Heard(Room, State),
    Kicked(Room),
    /// A fault, a start, an end: what the harness did.
    World(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Send(Send),
    Edit {
        room: Room,
        id: Arc<str>,
        text: Arc<str>,
    },
    Delete {
        room: Room,
        id: Arc<str>,
    },
    React {
        room: Room,
        id: Arc<str>,
        on: bool,
    },
    Join {
        room: Room,
        since: Option<i64>,
    },
    Leave(Room),
    Kick(Room, Who),
    /// The newest page of the history, by REST.
    Read(Room),
}

#[derive(Clone, Debug)]
pub(crate) struct Send {
    pub(crate) room: Room,
    pub(crate) key: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) to: Option<Who>,
    /// The SHA-256 of the file that goes along.
    pub(crate) file: Option<Arc<str>>,
    /// Whether an earlier try with this key went before.
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

/// A message in the state of one rev, as somebody was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) id: Arc<str>,
    pub(crate) sender: Option<Who>,
    pub(crate) to: Option<Who>,
    pub(crate) text: Arc<str>,
    pub(crate) is_system: bool,
}

impl Act {
    pub(crate) fn room(&self) -> Room {
        match self {
            Self::Send(send) => send.room,
            Self::Edit { room, .. } | Self::Delete { room, .. } | Self::React { room, .. } => *room,
            Self::Join { room, .. } | Self::Leave(room) | Self::Kick(room, _) | Self::Read(room) => *room,
        }
    }
}

/// The history while it is written; clones write to the same.
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

    pub(crate) fn note(&self, who: Who, conn: u32, what: What) {
        let mut events = self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Under the lock, so that the order of the list is that of the times.
        let at = self.began.elapsed().as_micros() as u64;
        events.push(Event { at, who, conn, what });
    }

    pub(crate) fn world(&self, what: impl Into<String>) {
        self.note(0, 0, What::World(what.into()));
    }

    /// A number for a connection.
    pub(crate) fn connection(&self) -> u32 {
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        last.0 += 1;
        last.0
    }

    /// Notes that something is asked and gives its number.
    pub(crate) fn ask(&self, who: Who, conn: u32, act: Act) -> u32 {
        let op = {
            let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            last.1 += 1;
            last.1
        };
        self.note(who, conn, What::Asked { op, act });
        op
    }

    pub(crate) fn answered(&self, who: Who, conn: u32, op: u32, outcome: Outcome) {
        if matches!(outcome, Outcome::Sent { .. }) {
            self.acks.fetch_add(1, Ordering::Relaxed);
        }
        self.note(who, conn, What::Answered { op, outcome });
    }

    /// How many sends were acked until now.
    pub(crate) fn acks(&self) -> u64 {
        self.acks.load(Ordering::Relaxed)
    }

    /// Everything until now.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

/// What was asked, by number, with the place of the asking.
pub(crate) fn asked(events: &[Event]) -> HashMap<u32, (usize, &Act)> {
    let asked = events.iter().enumerate().filter_map(|(place, event)| match &event.what {
        What::Asked { op, act } => Some((*op, (place, act))),
        _ => None,
    });
    asked.collect()
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} ms  person {:<3} conn {:<4} ", self.at as f64 / 1e3, self.who, self.conn)?;
        match &self.what {
            What::Opened => f.write_str("opened"),
            What::Closed => f.write_str("closed"),
            What::Asked { op, act } => write!(f, "asked #{op}: {act}"),
            What::Answered { op, outcome } => write!(f, "answer #{op}: {outcome}"),
            What::Heard(room, state) => write!(f, "heard in room {room}: {state}"),
            What::Kicked(room) => write!(f, "was shown out of room {room}"),
            What::World(text) => write!(f, "-- {text} --"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(Send { room, key, to, file, is_retry, .. }) => {
                write!(f, "{} {key} in room {room}", if *is_retry { "send again" } else { "send" })?;
                to.map_or(Ok(()), |to| write!(f, " to person {to}"))?;
                file.as_ref().map_or(Ok(()), |_| f.write_str(" with a file"))
            }
            Self::Edit { room, id, text } => write!(f, "edit {id} in room {room}: {text}"),
            Self::Delete { room, id } => write!(f, "delete {id} in room {room}"),
            Self::React { room, id, on } => write!(f, "react to {id} in room {room}: {on}"),
            Self::Join { room, since: Some(since) } => write!(f, "join room {room} since {since}"),
            Self::Join { room, since: None } => write!(f, "join room {room}"),
            Self::Leave(room) => write!(f, "leave room {room}"),
            Self::Kick(room, whom) => write!(f, "show person {whom} out of room {room}"),
            Self::Read(room) => write!(f, "read room {room}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |states: &[State]| {
            let told: Vec<String> = states.iter().map(|state| format!("{}@{}", state.seq, state.rev)).collect();
            told.join(" ")
        };
        match self {
            Self::Sent { id, seq, rev, dup } => {
                write!(f, "ok, {id} at seq {seq}, rev {rev}{}", if *dup { ", dup" } else { "" })
            }
            Self::Changed { rev } => write!(f, "ok, rev {rev}"),
            Self::Joined { rev, gap, epoch, states } => {
                let gap = if *gap { ", gap" } else { "" };
                write!(f, "ok, rev {rev} of epoch {epoch}{gap}, seq@rev: {}", told(states))
            }
            Self::Page(states) => write!(f, "ok, seq@rev: {}", told(states)),
            Self::Done => f.write_str("ok"),
            Self::Refused { code, is_final } => {
                write!(f, "refused with {code}{}", if *is_final { " for good" } else { "" })
            }
            Self::Unknown => f.write_str("none came"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq {} rev {} {} of ", self.seq, self.rev, self.id)?;
        match self.sender {
            Some(sender) => write!(f, "person {sender}")?,
            None => f.write_str("nobody here")?,
        }
        self.to.map_or(Ok(()), |to| write!(f, " to person {to}"))?;
        let text: String = self.text.chars().take(40).collect();
        if self.is_system { f.write_str(", a line of the room") } else { write!(f, " {text:?}") }
    }
}
