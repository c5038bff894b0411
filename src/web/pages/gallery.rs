//! All files of a room on a page of their own.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::room::room_id;
use crate::chat::file::Kind;
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::service::App;
use crate::view::GalleryPage;
use crate::web::caller::{Caller, Me};
use crate::web::form::{redirect_with_error, see};
use crate::web::problem;

#[derive(Deserialize)]
pub(crate) struct Shown {
    kind: Option<String>,
    before: Option<String>,
}

/// `GET /room/{id}/files?kind=image|file&before=`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Response {
    let Ok(id) = room_id(&id) else { return redirect_with_error("/", Code::RoomNotFound) };
    let Some(me) = me else { return see(&format!("/room/{id}")) };
    match page(&app, &caller, &me, id, &shown).await {
        Ok(page) => page,
        // At the door one learns how to become a member.
        Err(error) if error.code == Code::NotAMember => see(&format!("/room/{id}")),
        Err(error) if error.code == Code::RoomNotFound => redirect_with_error("/", error.code),
        Err(error) => problem::page(&error, caller.lang),
    }
}

async fn page(app: &App, caller: &Caller, me: &Me, id: RoomId, shown: &Shown) -> Result<Response> {
    let kind = if shown.kind.as_deref() == Some("file") { Kind::File } else { Kind::Image };
    // What is no file's id is no place to go on from: the newest page is shown.
    let before = shown.before.as_deref().and_then(|before| before.parse().ok());
    let (entries, next) = app.gallery(me.user.id, id, kind, before, None).await?;
    let room = app.room(Some(me.user.id), id).await?;
    let page =
        GalleryPage { lang: caller.lang, room: &room, kind, entries: &entries, next, is_first: before.is_none() };
    Ok(Html(page.html()).into_response())
}
