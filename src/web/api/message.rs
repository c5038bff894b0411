//! Messages: history, sending, editing, deleting, reactions and pins.

use axum::extract::State;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::message::{Changes, Cursor, Message, Sent};
use crate::error::{Code, Error, Result};
use crate::service::App;
use crate::web::extract::{Caller, MessagePath, Path, RoomPath, SignedIn};
use crate::wire::{NewMessage, NewText, WireMessage};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/messages", list, "Get a page of history, or the changes since a rev.", |call| {
            call.query::<ListQuery>().response::<Messages>(200).for_members()
        })
        .add("POST", "/rooms/{id}/messages", send, "Send a message.", |call| {
            call.body::<NewMessage>()
                .response::<WireMessage>(201)
                .or(200, "The key was used before: the first answer.")
                .for_members()
                .writes()
                .refuses(&[Code::TooLong, Code::NotFound])
        })
        .add("GET", "/rooms/{id}/pins", pins, "List the pinned messages of a room, latest pin first.", |call| {
            call.response::<Pins>(200).for_members()
        })
        .add("PATCH", "/messages/{id}", edit, "Edit the text of one's own message.", |call| {
            call.body::<NewText>().response::<WireMessage>(200).writes().refuses(&[Code::TooLong])
        })
        .add(
            "DELETE",
            "/messages/{id}",
            delete_message,
            "Delete a message for everyone: one's own, or any as owner or moderator.",
            |call| call.response::<WireMessage>(200),
        )
        .add("PUT", "/messages/{id}/reactions/{emoji}", react, "React to a message.", |call| {
            call.response::<WireMessage>(200).writes().refuses(&[Code::Invalid, Code::TooMany])
        })
        .add("DELETE", "/messages/{id}/reactions/{emoji}", react, "Remove one's own reaction.", |call| {
            call.response::<WireMessage>(200).writes().refuses(&[Code::Invalid])
        })
        .add(
            "PUT",
            "/messages/{id}/hidden",
            hide,
            "Hide a message: for everybody it is as deleted, until it is shown again. For the owner and moderators, and for \
             admins of the server.",
            |call| call.response::<WireMessage>(200),
        )
        .add(
            "DELETE",
            "/messages/{id}/hidden",
            hide,
            "Show a hidden message again. For the owner and moderators, and for admins of the server.",
            |call| call.response::<WireMessage>(200).refuses(&[Code::NotFound]),
        )
        .add("PUT", "/messages/{id}/pin", pin, "Pin a message in its room. For the owner and moderators.", |call| {
            call.response::<WireMessage>(200).writes().refuses(&[Code::TooMany])
        })
        .add("DELETE", "/messages/{id}/pin", pin, "Unpin a message.", |call| call.response::<WireMessage>(200).writes())
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
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
struct Messages {
    messages: Vec<WireMessage>,
    /// The room's rev at the same moment.
    rev: i64,
    epoch: String,
    /// Whether there is more: with `since`, from the rev of the last message received.
    more: bool,
    /// For a page with two sides: whether there are older messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<bool>,
    /// For a page with two sides: whether there are newer messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<bool>,
    /// Forget what you hold: `messages` is the newest page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    Query(query): Query<ListQuery>,
) -> Result<Json<Messages>> {
    let (my_id, id) = (me.user.id, room.id);
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
    /// Returns the positions in the history that the query names.
    fn cursors(&self) -> Vec<Result<Cursor>> {
        let at = self.at.as_deref().map(|at| match crate::clock::from_rfc3339(at) {
            Some(ms) => Ok(Cursor::Since(ms)),
            None => Err(Error::invalid("at", "at must be a time in RFC 3339")),
        });
        let seqs = [self.before.map(Cursor::Before), self.after.map(Cursor::After), self.around.map(Cursor::Around)];
        seqs.into_iter().flatten().map(Ok).chain(at).collect()
    }
}

async fn send(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let sent = app.send(me.user.id, room.id, body.into()).await?;
    Ok(sent_response(sent, &caller, &me))
}

/// Responds with 201 for a new message, with 200 where the key was seen before.
pub(super) fn sent_response(sent: Sent, caller: &Caller, me: &SignedIn) -> (StatusCode, Json<WireMessage>) {
    let status = if sent.dup { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(WireMessage::new(sent.message, caller.lang, Some(me.user.id))))
}

fn message_response(message: Message, caller: &Caller, me: &SignedIn) -> Json<WireMessage> {
    Json(WireMessage::new(message, caller.lang, Some(me.user.id)))
}

async fn edit(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    message: MessagePath,
    Json(body): Json<NewText>,
) -> Result<Json<WireMessage>> {
    let message = app.edit(me.user.id, message.id, body.text).await?;
    Ok(message_response(message, &caller, &me))
}

async fn delete_message(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    message: MessagePath,
) -> Result<Json<WireMessage>> {
    let message = app.delete(me.user.id, message.id).await?;
    Ok(message_response(message, &caller, &me))
}

async fn react(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    method: Method,
    message: MessagePath,
    Path((_, emoji)): Path<(String, String)>,
) -> Result<Json<WireMessage>> {
    let message = app.react(me.user.id, message.id, emoji, method == Method::PUT).await?;
    Ok(message_response(message, &caller, &me))
}

/// `PUT` hides, `DELETE` shows again.
async fn hide(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    method: Method,
    message: MessagePath,
) -> Result<Json<WireMessage>> {
    let message = app.hide(me.user.id, message.id, method == Method::PUT).await?;
    Ok(message_response(message, &caller, &me))
}

async fn pin(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    method: Method,
    message: MessagePath,
) -> Result<Json<WireMessage>> {
    let message = app.pin(me.user.id, message.id, method == Method::PUT).await?;
    Ok(message_response(message, &caller, &me))
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Pins {
    messages: Vec<WireMessage>,
}

async fn pins(State(app): State<App>, caller: Caller, me: SignedIn, room: RoomPath) -> Result<Json<Pins>> {
    let pins = app.pins(me.user.id, room.id).await?;
    let messages = pins.into_iter().map(|message| WireMessage::new(message, caller.lang, Some(me.user.id)));
    Ok(Json(Pins { messages: messages.collect() }))
}
