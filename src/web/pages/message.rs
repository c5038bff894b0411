//! Messages on the pages: other stretches of history, pins, and by form what one does with them.

use axum::extract::{Path, Query, Request, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::room::{back_to, room_id};
use crate::chat::message::Cursor;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::service::App;
use crate::view::{HistoryPart, PinsPart};
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, redirect_with_error, see};
use crate::web::multipart::{Parts, Sender};

#[derive(Deserialize)]
pub(crate) struct Asked {
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
pub(crate) async fn part(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response> {
    let cursor = query.ok().and_then(|Query(query)| query.cursor());
    let cursor = cursor
        .ok_or_else(|| Error::invalid("before", "one of before, after and around must be a seq, or since a time"))?;
    let page = app.history(me.user.id, room_id(&id)?, cursor, None).await?;
    Ok((Html(HistoryPart::new(&page, cursor, caller.lang).html())).into_response())
}

/// `GET /room/{id}/pins`: what is pinned, as a part of the room's page.
pub(crate) async fn pins(State(app): State<App>, caller: Caller, me: Me, Path(id): Path<String>) -> Result<Response> {
    let (my_id, id) = (me.user.id, room_id(&id)?);
    let (pins, may_pin) = (app.pins(my_id, id).await?, app.may_pin(my_id, id).await?);
    Ok(Html(PinsPart { pins: &pins, may_pin, lang: caller.lang }.html()).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
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
pub(crate) async fn act(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Act>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let Ok(id) = room_id(&id) else { return redirect_with_error("/", Code::RoomNotFound) };
    match do_act(&app, me.user.id, form).await {
        Ok(seq) => see(&format!("/room/{id}?at={seq}#m-{seq}")),
        Err(error) => redirect_with_error(&format!("/room/{id}"), error.code),
    }
}

/// The seq of the message at which the outcome shows.
async fn do_act(app: &App, me: UserId, asked: Act) -> Result<i64> {
    let id = asked.id.parse::<MessageId>().map_err(|_| Code::Forbidden)?;
    let text = asked.text.unwrap_or_default();
    let message = match asked.act {
        Deed::Reply => app.reply(me, id, text).await?.message,
        Deed::Edit => app.edit(me, id, text).await?,
        Deed::Delete => app.delete(me, id).await?,
        // The same button gives a reaction and takes it back.
        Deed::React => app.toggle_reaction(me, id, asked.emoji.unwrap_or_default()).await?,
        Deed::Pin => app.pin(me, id, true).await?,
        Deed::Unpin => app.pin(me, id, false).await?,
    };
    Ok(message.seq)
}

/// `POST /room/{id}/messages`: a message by form, for who has no JavaScript.
pub(crate) async fn send(State(app): State<App>, me: Option<Me>, Path(id): Path<String>, request: Request) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let Ok(id) = room_id(&id) else { return redirect_with_error("/", Code::RoomNotFound) };
    // Down to the end of the talk, where the message is.
    back_to(id, "#end", send_parts(&app, &me, id, request).await)
}

async fn send_parts(app: &App, me: &Me, id: RoomId, request: Request) -> Result<()> {
    let files_max = app.config.limits.files_max;
    let mut parts = Parts::read(request, Sender { app, me: me.user.id, room_id: Some(id), files_max }).await?;
    if parts.known.is_some() {
        return Ok(());
    }
    let (new, files) = (parts.message(), std::mem::take(&mut parts.files));
    match files.is_empty() {
        true => app.send(me.user.id, id, new).await?,
        false => app.send_files(me.user.id, id, new, files).await?,
    };
    Ok(())
}
