//! The page of a room's webhooks, and the forms of the incoming ones, for the owner and the moderators.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::chat::outgoing_hook::Scope;
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::service::App;
use crate::view::{Fresh, HooksPage};
use crate::web::extract::{Caller, HookPath, RoomPath, SignedIn};
use crate::web::form::{Form, no_store};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/hooks", get(show).post(create))
        .route("/room/{id}/hooks/{hookId}/rotate", post(rotate))
        .route("/room/{id}/hooks/{hookId}/delete", post(revoke))
}

/// `GET /room/{id}/hooks`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Query(notice): Query<Notice>,
) -> PageResult {
    page(&app, &caller, &me, room.id, None, notice.code()).await
}

#[derive(Deserialize)]
struct NewHook {
    name: String,
}

/// `POST /room/{id}/hooks`: shows the new address in its answer, and nowhere else.
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<NewHook>,
) -> PageResult {
    let created = app.create_hook(me.user.id, room.id, form.name).await;
    let created = or_page(created, room.id)?;
    page(&app, &caller, &me, room.id, Some(Fresh::Address(&created.0, &created.1)), None).await
}

/// `POST /room/{id}/hooks/{hookId}/rotate`: shows the new address likewise.
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    hook: HookPath,
) -> PageResult {
    let rotated = or_page(app.rotate_hook(me.user.id, room.id, hook.id).await, room.id)?;
    page(&app, &caller, &me, room.id, Some(Fresh::Address(&rotated.0, &rotated.1)), None).await
}

/// `POST /room/{id}/hooks/{hookId}/delete`
async fn revoke(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    hook: HookPath,
) -> PageResult {
    or_page(app.revoke_hook(me.user.id, room.id, hook.id).await, room.id)?;
    Ok(redirect(&hooks_path(room.id)))
}

pub(super) async fn page(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    room_id: RoomId,
    fresh: Option<Fresh<'_>>,
    notice: Option<Code>,
) -> PageResult {
    let hooks = app.hooks(me.user.id, room_id).await.or_room(room_id)?;
    let room = app.room(Some(me.user.id), room_id).await.or_room(room_id)?;
    let outgoing = app.outgoing_hooks(me.user.id, Scope::Room(room_id)).await.or_room(room_id)?;
    let page = HooksPage { lang: caller.lang, room: &room, hooks: &hooks, outgoing: &outgoing, fresh, notice };
    Ok(no_store(Html(page.html()).into_response()))
}

/// Leads back to this page with what may be mended here, and to the room otherwise.
pub(super) fn or_page<T>(result: Result<T>, room_id: RoomId) -> Result<T, PageError> {
    match result {
        Err(error) if matches!(error.code, Code::Invalid | Code::TooLong | Code::TooMany | Code::NotFound) => {
            Err(PageError::to(hooks_path(room_id), error))
        }
        result => result.or_room(room_id),
    }
}

pub(super) fn hooks_path(room_id: RoomId) -> String {
    format!("/room/{room_id}/hooks")
}
