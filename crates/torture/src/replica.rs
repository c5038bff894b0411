//! A client's replica of a room, and the decoding of what the server sends.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::fixtures::Fixtures;
use crate::history::{Outcome, RoomIndex, State};

/// A user's copy of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) rev: i64,
    pub(crate) epoch: Arc<str>,
    /// By seq. What lies before the first page is missing.
    pub(crate) states: BTreeMap<i64, State>,
    pub(crate) first_seq: i64,
    pub(crate) first_rev: i64,
}

impl Replica {
    /// Applies the response to a join.
    pub(crate) fn apply_join(&mut self, since: Option<i64>, rev: i64, gap: bool, epoch: Arc<str>, states: Vec<State>) {
        if gap || since.is_none() {
            self.states.clear();
            self.first_seq = states.first().map_or(1, |state| state.seq);
            self.first_rev = rev;
        }
        (self.rev, self.epoch) = (rev, epoch);
        states.into_iter().for_each(|state| self.apply(state));
    }

    /// Applies a message. The higher rev wins.
    pub(crate) fn apply(&mut self, state: State) {
        self.rev = self.rev.max(state.rev);
        match self.states.get(&state.seq) {
            Some(known) if known.rev >= state.rev => {}
            _ => drop(self.states.insert(state.seq, state)),
        }
    }
}

/// Decodes JSON into the history's types.
#[derive(Clone)]
pub(crate) struct Decoder(pub(crate) Arc<Fixtures>);

impl Decoder {
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

    pub(crate) fn state(&self, message: &Value) -> Option<(RoomIndex, State)> {
        let user = |user: &Value| user["id"].as_str().and_then(|id| self.0.user(id));
        let state = State {
            seq: message["seq"].as_i64()?,
            rev: message["rev"].as_i64()?,
            id: message["id"].as_str()?.into(),
            sender: user(&message["user"]),
            to: user(&message["to"]),
            text: message["text"].as_str()?.into(),
            is_system: message["kind"] == "system",
        };
        Some((self.0.room(message["roomId"].as_str()?)?, state))
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
