//! Messages: history, what was missed, sending.

use axum::extract::{Path, State};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::message::{Changes, Cursor, Message, New, Sent};
use crate::error::{Code, Error, Result};
use crate::ids::{FileId, MessageId, UserId};
use crate::service::App;
use crate::web::caller::{Caller, Me};
use crate::web::pages::room::room_id;
use crate::wire::WireMessage;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Messages before this seq.
    #[serde(default)]
    before: Option<i64>,
    /// Messages after this seq.
    #[serde(default)]
    after: Option<i64>,
    /// Messages on both sides of this seq.
    #[serde(default)]
    around: Option<i64>,
    /// Messages on both sides of the first one since this time, RFC 3339.
    #[serde(default)]
    at: Option<String>,
    /// Messages changed since this rev.
    #[serde(default)]
    since: Option<i64>,
    /// The epoch of that rev.
    #[serde(default)]
    epoch: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Messages {
    messages: Vec<WireMessage>,
    /// The room's rev in the same moment.
    rev: i64,
    epoch: String,
    /// Whether to ask again: with `since`, from the rev of the last one received.
    more: bool,
    /// For a page with two sides: whether there is history before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<bool>,
    /// For a page with two sides: whether there is history behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<bool>,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
}

pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Messages>> {
    let (my_id, id) = (me.user.id, room_id(&id)?);
    let (limit, is_two_sided) = (query.limit, query.around.is_some() || query.at.is_some());
    let Changes { messages, rev, epoch, more, older, newer, gap } = match query.since {
        Some(since) if query.cursors().is_empty() => app.changes(my_id, id, since, query.epoch, limit).await?,
        None => match query.cursors()[..] {
            [] => app.history(my_id, id, Cursor::Newest, limit).await?,
            [Ok(cursor)] => app.history(my_id, id, cursor, limit).await?,
            [Err(ref error)] => return Err(error.clone()),
            _ => return Err(one_only()),
        },
        Some(_) => return Err(one_only()),
    };
    let messages = messages.into_iter().map(|message| WireMessage::new(message, caller.lang, Some(my_id)));
    let (older, newer) = (is_two_sided.then_some(older), is_two_sided.then_some(newer));
    Ok(Json(Messages { messages: messages.collect(), rev, epoch, more, older, newer, gap }))
}

fn one_only() -> Error {
    Error::invalid("since", "only one of since, before, after, around and at can be asked")
}

impl ListQuery {
    /// The places of history that are asked for.
    fn cursors(&self) -> Vec<Result<Cursor>> {
        let at = self.at.as_deref().map(|at| match crate::clock::from_rfc3339(at) {
            Some(ms) => Ok(Cursor::Since(ms)),
            None => Err(Error::invalid("at", "at must be a time in RFC 3339")),
        });
        let places = [self.before.map(Cursor::Before), self.after.map(Cursor::After), self.around.map(Cursor::Around)];
        places.into_iter().flatten().map(Ok).chain(at).collect()
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewMessage {
    /// The sender's own id, 1 to 64 bytes: with it a send may be repeated.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    text: String,
    /// The seq of the message that is answered.
    #[serde(default)]
    reply_to: Option<i64>,
    #[serde(default)]
    file_ids: Vec<FileId>,
    /// For a whisper: the only other person who sees it.
    #[serde(default)]
    to: Option<UserId>,
}

pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let new = New { key: body.key, text: body.text, reply_to: body.reply_to, file_ids: body.file_ids, to: body.to };
    let sent = app.send(me.user.id, room_id(&id)?, new).await?;
    Ok(answer(sent, &caller, &me))
}

/// 201 for a new message, 200 for the first answer again.
pub(super) fn answer(sent: Sent, caller: &Caller, me: &Me) -> (StatusCode, Json<WireMessage>) {
    let status = if sent.dup { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(WireMessage::new(sent.message, caller.lang, Some(me.user.id))))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Edit {
    text: String,
}

/// The id of an address; what is none is a message that one may not see.
fn message_id(text: &str) -> Result<MessageId> {
    text.parse().map_err(|_| Code::Forbidden.into())
}

fn shown(message: Message, caller: &Caller, me: &Me) -> Json<WireMessage> {
    Json(WireMessage::new(message, caller.lang, Some(me.user.id)))
}

pub(super) async fn edit(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<Edit>,
) -> Result<Json<WireMessage>> {
    let message = app.edit(me.user.id, message_id(&id)?, body.text).await?;
    Ok(shown(message, &caller, &me))
}

pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
) -> Result<Json<WireMessage>> {
    let message = app.delete(me.user.id, message_id(&id)?).await?;
    Ok(shown(message, &caller, &me))
}

pub(super) async fn react(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    method: Method,
    Path((id, emoji)): Path<(String, String)>,
) -> Result<Json<WireMessage>> {
    let message = app.react(me.user.id, message_id(&id)?, emoji, method == Method::PUT).await?;
    Ok(shown(message, &caller, &me))
}

pub(super) async fn pin(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    method: Method,
    Path(id): Path<String>,
) -> Result<Json<WireMessage>> {
    let message = app.pin(me.user.id, message_id(&id)?, method == Method::PUT).await?;
    Ok(shown(message, &caller, &me))
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pins {
    messages: Vec<WireMessage>,
}

pub(super) async fn pins(State(app): State<App>, caller: Caller, me: Me, Path(id): Path<String>) -> Result<Json<Pins>> {
    let pins = app.pins(me.user.id, room_id(&id)?).await?;
    let messages = pins.into_iter().map(|message| WireMessage::new(message, caller.lang, Some(me.user.id)));
    Ok(Json(Pins { messages: messages.collect() }))
}
