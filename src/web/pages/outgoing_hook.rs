//! The forms of a room's outgoing webhooks, and the page of their deliveries.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use super::hook::{hooks_path, or_page, page};
use crate::chat::kinds::HookEvent;
use crate::error::Code;
use crate::service::App;
use crate::view::{DeliveriesPage, Fresh};
use crate::web::extract::{Caller, HookPath, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrLobby, PageError, PageResult};
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/outgoing-hooks", post(create))
        .route("/room/{id}/outgoing-hooks/{hookId}", get(show))
        .route("/room/{id}/outgoing-hooks/{hookId}/rotate", post(rotate))
        .route("/room/{id}/outgoing-hooks/{hookId}/resume", post(resume))
        .route("/room/{id}/outgoing-hooks/{hookId}/delete", post(revoke))
        .route("/room/{id}/outgoing-hooks/{hookId}/replay", post(replay))
}

/// `POST /room/{id}/outgoing-hooks`: an address, and each event that is ticked. The key is in the answer and nowhere else.
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrLobby<SignedIn>,
    room: OrLobby<RoomPath>,
    Form(form): Form<HashMap<String, String>>,
) -> PageResult {
    let url = form.get("url").cloned().unwrap_or_default();
    let events = HookEvent::ALL.into_iter().filter(|event| form.contains_key(event.as_str())).collect();
    let created = app.create_outgoing_hook(me.user.id, room.id, &url, events, form.contains_key("hearsBots")).await;
    let (hook, key) = or_page(created, room.id)?;
    page(&app, &caller, &me, room.id, Some(Fresh::Key(&hook, &key)), None).await
}

/// `POST /room/{id}/outgoing-hooks/{hookId}/rotate`: shows the new key likewise.
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    me: OrLobby<SignedIn>,
    room: OrLobby<RoomPath>,
    hook: HookPath,
) -> PageResult {
    let (hook, key) = or_page(app.rotate_outgoing_hook(me.user.id, room.id, hook.id).await, room.id)?;
    page(&app, &caller, &me, room.id, Some(Fresh::Key(&hook, &key)), None).await
}

/// `POST /room/{id}/outgoing-hooks/{hookId}/resume`
async fn resume(State(app): State<App>, me: OrLobby<SignedIn>, room: OrLobby<RoomPath>, hook: HookPath) -> PageResult {
    or_page(app.resume_outgoing_hook(me.user.id, room.id, hook.id).await, room.id)?;
    Ok(redirect(&hooks_path(room.id)))
}

/// `POST /room/{id}/outgoing-hooks/{hookId}/delete`
async fn revoke(State(app): State<App>, me: OrLobby<SignedIn>, room: OrLobby<RoomPath>, hook: HookPath) -> PageResult {
    or_page(app.revoke_outgoing_hook(me.user.id, room.id, hook.id).await, room.id)?;
    Ok(redirect(&hooks_path(room.id)))
}

/// `GET /room/{id}/outgoing-hooks/{hookId}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrLobby<SignedIn>,
    room: OrLobby<RoomPath>,
    hook: HookPath,
) -> PageResult {
    let me = me.user.id;
    let hooks = or_page(app.outgoing_hooks(me, room.id).await, room.id)?;
    let found = hooks.into_iter().find(|found| found.id == hook.id);
    let found = or_page(found.ok_or(Code::NotFound.into()), room.id)?;
    let deliveries = or_page(app.deliveries(me, room.id, hook.id, None, None).await, room.id)?;
    let room = or_page(app.room(Some(me), room.id).await, room.id)?;
    let page = DeliveriesPage { lang: caller.lang, room: &room, hook: &found, deliveries: &deliveries };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct Replay {
    id: String,
}

/// `POST /room/{id}/outgoing-hooks/{hookId}/replay`
async fn replay(
    State(app): State<App>,
    me: OrLobby<SignedIn>,
    room: OrLobby<RoomPath>,
    hook: HookPath,
    Form(form): Form<Replay>,
) -> PageResult {
    let delivery = form.id.parse().map_err(|_| PageError::Plain(Code::NotFound.into()))?;
    or_page(app.replay_delivery(me.user.id, room.id, hook.id, delivery).await, room.id)?;
    Ok(redirect(&format!("/room/{}/outgoing-hooks/{}", room.id, hook.id)))
}
