//! Messages on the pages: older ones, and sending by form.

use axum::extract::{Path, Query, Request, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::{see, see_refused};
use super::room::room_id;
use super::upload::{Parts, Sender};
use crate::chat::message::Cursor;
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::state::State;
use crate::view::HistoryPart;

#[derive(Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
    after: Option<i64>,
    around: Option<i64>,
}

impl Asked {
    fn cursor(&self) -> Option<Cursor> {
        match (self.before, self.after, self.around) {
            (Some(seq), None, None) => Some(Cursor::Before(seq)),
            (None, Some(seq), None) => Some(Cursor::After(seq)),
            (None, None, Some(seq)) => Some(Cursor::Around(seq)),
            _ => None,
        }
    }
}

/// `GET /room/{id}/messages`: a stretch of history as a part of the room's page, before, after or
/// around a seq.
pub(super) async fn part(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response> {
    let cursor = asked.ok().and_then(|Query(asked)| asked.cursor());
    let cursor = cursor.ok_or_else(|| Error::invalid("before", "one of before, after and around must be a seq"))?;
    let page = state.history(me.user.id, room_id(&id)?, cursor, None).await?;
    Ok(Html(HistoryPart::new(&page, cursor, caller.lang).html()).into_response())
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
