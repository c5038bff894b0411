//! What travels over the sockets: the payloads of events and their answers.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use socketio::Args;

use crate::chat::member::Member;
use crate::chat::message::{Message, MessageKind};
use crate::chat::room::Room;
use crate::chat::user::User;
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, MessageId, RoomId, UserId};
use crate::words::{Lang, system_line};

/// The handshake of `/chat`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    /// A session's token; the cookie's counts when there is none.
    #[serde(default)]
    pub token: Option<String>,
    /// The room to join with the connect: `joined` follows.
    #[serde(default)]
    pub room: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub since: Option<i64>,
    #[serde(default)]
    pub epoch: Option<String>,
    /// `html` adds to each message the markup of our own pages.
    #[serde(default)]
    pub view: Option<View>,
    /// `ko` or `en`, for the text of system lines.
    #[serde(default)]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum View {
    Html,
}

/// Enter a room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Join {
    pub room: RoomName,
    #[serde(default)]
    pub password: Option<String>,
    /// The rev up to which the client holds the room.
    #[serde(default)]
    pub since: Option<i64>,
    /// The epoch of that rev.
    #[serde(default)]
    pub epoch: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoomOnly {
    pub room: RoomName,
}

/// Send a message.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Send {
    pub room: RoomName,
    /// The sender's own id, 1 to 64 bytes: with it a send may be repeated.
    pub key: String,
    #[serde(default)]
    pub text: String,
    /// The seq of the message that is answered.
    #[serde(default)]
    pub reply_to: Option<i64>,
    #[serde(default)]
    pub file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    #[serde(default)]
    pub to: Option<UserId>,
}

/// Tell how far one has read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Read {
    pub room: RoomName,
    /// The seq of the last message that was read.
    pub seq: i64,
}

/// Remove somebody.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kick {
    pub room: RoomName,
    pub user_id: UserId,
    #[serde(default)]
    pub ban: bool,
    #[serde(default)]
    pub reason: Option<String>,
}

/// Hand a room over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandOver {
    pub room: RoomName,
    pub user_id: UserId,
}

/// The id of a room as a client gives it: what is no id names no room.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RoomName(String);

impl RoomName {
    /// # Errors
    /// `room_not_found` for any text that is not a room's id.
    pub fn id(&self) -> Result<RoomId> {
        self.0.parse().map_err(|_| Code::RoomNotFound.into())
    }
}

/// What a member is told on coming in; the room's events follow from `rev` on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    pub room: Room,
    pub me: Member,
    /// At most 200, those online first.
    pub members: Vec<Member>,
    pub rev: i64,
    /// With `since` all that changed since, else the newest page.
    pub messages: Vec<WireMessage>,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
}

/// A message was stored.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    pub id: MessageId,
    pub seq: i64,
    pub rev: i64,
    pub created_at: String,
    /// The key was seen before: this is the first answer again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dup: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    pub members: Vec<Member>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rev {
    pub rev: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Nothing {}

/// Somebody came into a room or left it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Passage<'a> {
    pub room: RoomId,
    pub user: &'a User,
    /// People online after it.
    pub count: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub room: RoomId,
    pub user: &'a User,
}

/// Somebody has read up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBy {
    pub room: RoomId,
    pub user_id: UserId,
    pub seq: i64,
}

/// Many have read.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadByMany<'a> {
    pub room: RoomId,
    pub marks: &'a std::collections::HashMap<UserId, i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Kicked<'a> {
    pub room: RoomId,
    pub reason: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draining {
    pub reconnect_in_ms: u64,
}

/// A message as one kind of reader gets it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireMessage {
    #[serde(flatten)]
    message: Message,
    /// The sender's own id for it; to the sender's sockets alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The markup of our own pages, for who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl WireMessage {
    /// The message for a reader: system lines are told in their language, the key only to `reader`
    /// if it is the sender.
    pub fn new(mut message: Message, lang: Lang, reader: Option<UserId>) -> Self {
        if message.kind == MessageKind::System {
            message.text = system_line(&message, lang);
        }
        let is_own = reader.is_some() && message.user.as_ref().map(|user| user.id) == reader;
        let key = message.key.take().filter(|_| is_own);
        Self { message, key, html: None }
    }

    pub fn with_html(self, html: String) -> Self {
        Self { html: Some(html), ..self }
    }
}

/// The answer of a handler, and what follows it.
pub struct Answer<R> {
    pub body: R,
    /// Whether it may be taken at the client's own pace.
    pub is_long: bool,
    pub then: Option<Box<dyn FnOnce() + std::marker::Send>>,
}

impl<R> Answer<R> {
    /// A long answer, with what follows right behind it.
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
        Self { ok: false, error }
    }
}

/// Reads the payload of an event: its one argument, an object.
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
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| invalid(&error))?;
    reader.end().map_err(|_| Code::BadJson)?;
    Ok(value)
}

fn invalid(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    if inner.is_syntax() || inner.is_eof() {
        return Code::BadJson.into();
    }
    let sentence = inner.to_string();
    // An unknown or missing field is named in the sentence, a wrong value by its path.
    let named = sentence.split('`').nth(1).filter(|_| sentence.contains(" field "));
    let path = error.path().to_string();
    let field = named.map(str::to_owned).unwrap_or(path);
    let sentence = sentence.split(" at line ").next().unwrap_or_default().to_owned();
    Error::invalid(field, sentence)
}
