//! Messages on the pages: other stretches of history, pins, and by form what one does with them.

use axum::extract::{Path, Query, Request, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::{Form, see, see_refused};
use super::kept::Keep;
use super::room::{back_to, room_id};
use super::upload::{Parts, Sender};
use crate::chat::message::Cursor;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::state::State;
use crate::view::{HistoryPart, PinsPart};

#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
    after: Option<i64>,
    around: Option<i64>,
    /// A time in RFC 3339.
    since: Option<String>,
}

impl Asked {
    fn cursor(&self) -> Option<Cursor> {
        let since = self.since.as_deref().and_then(crate::clock::from_rfc3339);
        match (self.before, self.after, self.around, since) {
            (Some(seq), None, None, None) => Some(Cursor::Before(seq)),
            (None, Some(seq), None, None) => Some(Cursor::After(seq)),
            (None, None, Some(seq), None) => Some(Cursor::Around(seq)),
            (None, None, None, Some(at)) => Some(Cursor::Since(at)),
            _ => None,
        }
    }
}

/// `GET /room/{id}/messages`: a stretch of history as a part of the room's page, before, after or
/// around a seq, or since a time.
pub(super) async fn part(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response> {
    let cursor = asked.ok().and_then(|Query(asked)| asked.cursor());
    let cursor = cursor
        .ok_or_else(|| Error::invalid("before", "one of before, after and around must be a seq, or since a time"))?;
    let page = state.history(me.user.id, room_id(&id)?, cursor, None).await?;
    Ok((Keep, Html(HistoryPart::new(&page, cursor, caller.lang).html())).into_response())
}

/// `GET /room/{id}/pins`: what is pinned, as a part of the room's page.
pub(super) async fn pins(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
) -> Result<Response> {
    let (my_id, id) = (me.user.id, room_id(&id)?);
    let (pins, may_pin) = (state.pins(my_id, id).await?, state.may_pin(my_id, id).await?);
    Ok(Html(PinsPart { pins: &pins, may_pin, lang: caller.lang }.html()).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    id: String,
    act: Deed,
    emoji: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    Reply,
    Edit,
    Delete,
    React,
    Pin,
    Unpin,
}

/// `POST /room/{id}/acts`: what one does with a message, by form. It leads back to the message.
pub(super) async fn act(
    Shared(state): Shared<State>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(asked): Form<Act>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let Ok(id) = room_id(&id) else { return see_refused("/", Code::RoomNotFound) };
    match do_act(&state, me.user.id, asked).await {
        Ok(seq) => see(&format!("/room/{id}?at={seq}#m-{seq}")),
        Err(error) => see_refused(&format!("/room/{id}"), error.code),
    }
}

/// The seq of the message at which the outcome shows.
async fn do_act(state: &State, me: UserId, asked: Act) -> Result<i64> {
    let id = asked.id.parse::<MessageId>().map_err(|_| Code::Forbidden)?;
    let text = asked.text.unwrap_or_default();
    let message = match asked.act {
        Deed::Reply => state.reply(me, id, text).await?.message,
        Deed::Edit => state.edit(me, id, text).await?,
        Deed::Delete => state.delete(me, id).await?,
        // The same button gives a reaction and takes it back.
        Deed::React => state.react_or_not(me, id, asked.emoji.unwrap_or_default()).await?,
        Deed::Pin => state.pin(me, id, true).await?,
        Deed::Unpin => state.pin(me, id, false).await?,
    };
    Ok(message.seq)
}

/// `POST /room/{id}/messages`: a message by form, for who has no JavaScript.
pub(super) async fn send(
    Shared(state): Shared<State>,
    me: Option<Me>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let Ok(id) = room_id(&id) else { return see_refused("/", Code::RoomNotFound) };
    // Down to the end of the talk, where the message is.
    back_to(id, "#end", send_parts(&state, &me, id, request).await)
}

async fn send_parts(state: &State, me: &Me, id: RoomId, request: Request) -> Result<()> {
    let files_max = state.config.limits.files_max;
    let mut parts = Parts::read(request, Sender { state, me: me.user.id, room_id: Some(id), files_max }).await?;
    if parts.known.is_some() {
        return Ok(());
    }
    let (new, files) = (parts.message(), std::mem::take(&mut parts.files));
    match files.is_empty() {
        true => state.send(me.user.id, id, new).await?,
        false => state.send_files(me.user.id, id, new, files).await?,
    };
    Ok(())
}
