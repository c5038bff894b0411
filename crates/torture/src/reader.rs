//! What the wire says, read as what the history keeps, and what a client makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::cast::Cast;
use crate::history::{Outcome, Room, State};

/// What a person holds of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) rev: i64,
    pub(crate) epoch: Arc<str>,
    /// By seq. What lies before the page one began with is not held.
    pub(crate) states: BTreeMap<i64, State>,
    pub(crate) first_seq: i64,
    pub(crate) first_rev: i64,
}

impl Held {
    /// What a client does with the answer to a coming in.
    pub(crate) fn begin(&mut self, since: Option<i64>, rev: i64, gap: bool, epoch: Arc<str>, states: Vec<State>) {
        if gap || since.is_none() {
            self.states.clear();
            self.first_seq = states.first().map_or(1, |state| state.seq);
            self.first_rev = rev;
        }
        (self.rev, self.epoch) = (rev, epoch);
        states.into_iter().for_each(|state| hold(self, state));
    }
}

/// Reads what the wire says as what the history keeps.
#[derive(Clone)]
pub(crate) struct Reader(pub(crate) Arc<Cast>);

impl Reader {
    pub(crate) fn joined(&self, body: &Value) -> Outcome {
        Outcome::Joined {
            rev: body["rev"].as_i64().unwrap_or(-1),
            gap: body["gap"] == true,
            epoch: body["room"]["epoch"].as_str().unwrap_or_default().into(),
            states: self.states(&body["messages"]),
        }
    }

    pub(crate) fn states(&self, messages: &Value) -> Vec<State> {
        let messages = messages.as_array().into_iter().flatten();
        messages.filter_map(|message| self.state(message)).map(|(_, state)| state).collect()
    }

    pub(crate) fn state(&self, message: &Value) -> Option<(Room, State)> {
        let who = |user: &Value| user["id"].as_str().and_then(|id| self.0.who(id));
        let state = State {
            seq: message["seq"].as_i64()?,
            rev: message["rev"].as_i64()?,
            id: message["id"].as_str()?.into(),
            sender: who(&message["user"]),
            to: who(&message["to"]),
            text: message["text"].as_str()?.into(),
            is_system: message["kind"] == "system",
        };
        Some((self.0.room_of(message["roomId"].as_str()?)?, state))
    }
}

/// What a client does with a message: the higher rev wins.
pub(crate) fn hold(held: &mut Held, state: State) {
    held.rev = held.rev.max(state.rev);
    match held.states.get(&state.seq) {
        Some(known) if known.rev >= state.rev => {}
        _ => drop(held.states.insert(state.seq, state)),
    }
}

pub(crate) fn sent_or_refused(body: &Value) -> Outcome {
    match body {
        Value::Null => Outcome::Unknown,
        body if body["ok"] == true => sent(body),
        body => refused(&body["error"]),
    }
}

pub(crate) fn sent(body: &Value) -> Outcome {
    let number = |name: &str| body[name].as_i64().unwrap_or(-1);
    let id = body["id"].as_str().unwrap_or_default().into();
    Outcome::Sent { id, seq: number("seq"), rev: number("rev"), dup: body["dup"] == true }
}

pub(crate) fn refused(error: &Value) -> Outcome {
    let code = error["code"].as_str().unwrap_or("none");
    let is_final = !matches!(code, "none" | "rate_limited" | "busy" | "unavailable" | "draining" | "internal");
    Outcome::Refused { code: code.into(), is_final }
}
