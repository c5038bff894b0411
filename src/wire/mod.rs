//! The wire format: the payloads of events and their answers.

mod events;
pub mod health;
pub mod hook;
mod requests;
mod shared_json;
mod variant;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::Args;

use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId};
use crate::metrics;

pub use events::*;
pub use requests::*;
pub use shared_json::SharedJson;
pub use variant::{Variant, Variants};

/// A room id as a client sends it. An invalid id is treated like an unknown room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RoomRef(String);

impl RoomRef {
    /// # Errors
    /// `room_not_found` if the text is not a room id.
    pub fn id(&self) -> Result<RoomId> {
        self.0.parse().map_err(|_| Code::RoomNotFound.into())
    }
}

/// A message id as a client sends it. An invalid id is treated like an unknown message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MessageRef(String);

impl MessageRef {
    /// # Errors
    /// `forbidden` if the text is not a message id, as for a message that the user may not see.
    pub fn id(&self) -> Result<MessageId> {
        self.0.parse().map_err(|_| Code::Forbidden.into())
    }
}

/// The answer of a handler, and what to do after it.
pub struct Answer<R> {
    pub body: R,
    /// Whether the answer is flow-controlled by the client.
    pub is_long: bool,
    pub then: Option<Box<dyn FnOnce() + std::marker::Send>>,
}

impl<R> Answer<R> {
    /// Creates a long answer, with what follows right behind it.
    pub fn long(body: R, then: impl FnOnce() + std::marker::Send + 'static) -> Self {
        Self { body, is_long: true, then: Some(Box::new(then)) }
    }
}

impl<R> From<R> for Answer<R> {
    fn from(body: R) -> Self {
        Self { body, is_long: false, then: None }
    }
}

/// `{ok: true, …}`
#[derive(Serialize)]
pub(crate) struct Okay<R> {
    ok: bool,
    #[serde(flatten)]
    body: R,
}

impl<R> Okay<R> {
    pub(crate) fn new(body: R) -> Self {
        Self { ok: true, body }
    }
}

/// `{ok: false, error}`
#[derive(Serialize)]
pub(crate) struct Nack {
    ok: bool,
    error: Error,
}

impl Nack {
    pub(crate) fn new(error: Error) -> Self {
        metrics::ERRORS.add(&[error.code.name()]);
        Self { ok: false, error }
    }
}

/// Reads the payload of an event: one object.
///
/// # Errors
/// `invalid`, naming the field.
pub fn decode<T: DeserializeOwned>(args: &Args) -> Result<T> {
    match args.values.as_slice() {
        [payload] => from_json(payload.get().as_bytes()),
        [] => Err(Error::new(Code::Invalid).with_message("the event needs an object")),
        _ => Err(Error::new(Code::Invalid).with_message("the event takes one object and nothing else")),
    }
}

/// Reads JSON, naming the field that is wrong.
///
/// # Errors
/// `invalid` with the field; `bad_json` for what is not JSON.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    // Only objects are expected, and serde would accept an array as the fields in order.
    if json.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<IgnoredAny>(json).map_err(|_| Code::BadJson)?;
        return Err(Error::new(Code::Invalid).with_message("an object is asked for, not an array"));
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| match is_json(json) {
        true => invalid(&error),
        false => Code::BadJson.into(),
    })?;
    reader.end().map_err(|_| Code::BadJson)?;
    Ok(value)
}

/// Returns whether the text is valid JSON. serde reports a number in place of an enumeration's name as
/// a syntax error, although the JSON is valid.
fn is_json(json: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(json).is_ok()
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let sentence = error.inner().to_string();
    // The message names an unknown or missing field; the path names a field with a wrong value.
    let named = sentence.split('`').nth(1).filter(|_| sentence.contains(" field "));
    let path = error.path().to_string();
    let field = named.map(str::to_owned).unwrap_or(path);
    let sentence = sentence.split(" at line ").next().unwrap_or_default().to_owned();
    Error::invalid(field, sentence)
}
