//! Messages on the pages: older ones, and sending by form.

use axum::extract::{Path, Query, Request, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::{Parts, see, see_refused};
use super::room::room_id;
use crate::chat::message::{Cursor, New};
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::state::State;
use crate::view::HistoryPart;

#[derive(Deserialize)]
pub(super) struct Older {
    before: i64,
}

/// `GET /room/{id}/messages?before=`: a page of older messages, as a part of the room's page.
pub(super) async fn older(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    older: Result<Query<Older>, axum::extract::rejection::QueryRejection>,
) -> Result<Response> {
    let Query(older) = older.map_err(|_| Error::invalid("before", "before must be a seq"))?;
    let page = state.history(me.user.id, room_id(&id)?, Cursor::Before(older.before), None).await?;
    Ok(Html(HistoryPart { messages: &page.messages, has_older: page.more, lang: caller.lang }.html()).into_response())
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
    match send_parts(&state, &me, id, request).await {
        // Down to the end of the talk, where the message is.
        Ok(()) => see(&format!("/room/{id}#end")),
        Err(error) => see_refused(&format!("/room/{id}"), error.code),
    }
}

async fn send_parts(state: &State, me: &Me, id: RoomId, request: Request) -> Result<()> {
    state.may_upload(me.user.id, Some(id)).await?;
    let parts = Parts::read(request, state.config.upload_max).await?;
    let new = New { key: parts.key, text: parts.text.unwrap_or_default(), ..New::default() };
    match parts.file {
        Some(file) => state.send_file(me.user.id, id, new, file).await?,
        None => state.send(me.user.id, id, new).await?,
    };
    Ok(())
}
