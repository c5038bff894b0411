//! Messages: parts of the room's page with history or pins, and the forms that send and change
//! messages.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::chat::message::Cursor;
use crate::error::{Code, Error, Result};
use crate::ids::{MessageId, RoomId, UserId};
use crate::service::App;
use crate::view::{HistoryPart, PinsPart};
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::multipart::{Parts, UploadContext};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::redirect;

pub(super) fn routes(upload_limit: DefaultBodyLimit) -> Router<App> {
    Router::new()
        .route("/room/{id}/messages", get(history).post(send).layer(upload_limit))
        .route("/room/{id}/pins", get(pins))
        .route("/room/{id}/acts", post(act))
}

#[derive(Deserialize)]
struct HistoryQuery {
    before: Option<i64>,
    after: Option<i64>,
    around: Option<i64>,
    /// A time in RFC 3339.
    since: Option<String>,
}

impl HistoryQuery {
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

/// `GET /room/{id}/messages`: a part of the room's page with the messages before, after or around a
/// seq, or since a time.
async fn history(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: Result<RoomPath>,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Response> {
    let cursor = query.ok().and_then(|Query(query)| query.cursor());
    let cursor = cursor
        .ok_or_else(|| Error::invalid("before", "one of before, after and around must be a seq, or since a time"))?;
    let page = app.history(me.user.id, room?.id, cursor, None).await?;
    Ok((Html(HistoryPart::new(&page, cursor, caller.lang).html())).into_response())
}

/// `GET /room/{id}/pins`: a part of the room's page with the pinned messages.
async fn pins(State(app): State<App>, caller: Caller, me: SignedIn, room: RoomPath) -> Result<Response> {
    let (my_id, id) = (me.user.id, room.id);
    let (pins, may_pin) = (app.pins(my_id, id).await?, app.may_pin(my_id, id).await?);
    Ok(Html(PinsPart { pins: &pins, may_pin, lang: caller.lang }.html()).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActForm {
    id: String,
    act: Act,
    emoji: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    Reply,
    Edit,
    Delete,
    React,
    Pin,
    Unpin,
}

/// `POST /room/{id}/acts`: an act on a message. It leads back to the message.
async fn act(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<ActForm>,
) -> PageResult {
    let path = format!("/room/{}", room.id);
    match do_act(&app, me.user.id, form).await {
        Ok(seq) => Ok(redirect(&format!("{path}?at={seq}#m-{seq}"))),
        Err(error) => Err(PageError::to(path, error)),
    }
}

/// Performs an act, and returns the seq of the message that shows the result.
async fn do_act(app: &App, me: UserId, form: ActForm) -> Result<i64> {
    let id = form.id.parse::<MessageId>().map_err(|_| Code::Forbidden)?;
    let text = form.text.unwrap_or_default();
    let message = match form.act {
        Act::Reply => app.reply(me, id, text).await?.message,
        Act::Edit => app.edit(me, id, text).await?,
        Act::Delete => app.delete(me, id).await?,
        // One button adds and removes a reaction.
        Act::React => app.toggle_reaction(me, id, form.emoji.unwrap_or_default()).await?,
        Act::Pin => app.pin(me, id, true).await?,
        Act::Unpin => app.pin(me, id, false).await?,
    };
    Ok(message.seq)
}

/// `POST /room/{id}/messages`: sends a message without JavaScript.
async fn send(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    request: Request,
) -> PageResult {
    send_parts(&app, me.user.id, room.id, request).await.or_room(room.id)?;
    // The new message is at the end of the page.
    Ok(redirect(&format!("/room/{}#end", room.id)))
}

async fn send_parts(app: &App, me: UserId, room_id: RoomId, request: Request) -> Result<()> {
    let files_max = app.config.limits.files_max;
    let mut parts = Parts::read(request, UploadContext { app, me, room_id: Some(room_id), files_max }).await?;
    if parts.known.is_some() {
        return Ok(());
    }
    let (new, files) = (parts.take_message(), std::mem::take(&mut parts.files));
    if files.is_empty() {
        app.send(me, room_id, new).await?;
    } else {
        app.send_files(me, room_id, new, files).await?;
    }
    Ok(())
}
