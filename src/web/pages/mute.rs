//! Muting members and locking a room, by form.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;

use crate::chat::member::NewMute;
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};
use crate::web::redirect::{redirect, redirect_to_room};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/mutes", post(mute))
        .route("/room/{id}/mutes/lift", post(unmute))
        .route("/room/{id}/lock", post(lock))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mute {
    user_id: UserId,
    minutes: u32,
    #[serde(default)]
    reason: String,
}

/// `POST /room/{id}/mutes`
async fn mute(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Mute>,
) -> PageResult {
    let reason = Some(form.reason).filter(|reason| !reason.trim().is_empty());
    let new = NewMute { user_id: form.user_id, minutes: form.minutes, reason };
    app.mute(me.user.id, room.id, new).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unmute {
    user_id: UserId,
}

/// `POST /room/{id}/mutes/lift`
async fn unmute(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Unmute>,
) -> PageResult {
    app.unmute(me.user.id, room.id, form.user_id).await.or_room(room.id)?;
    Ok(redirect(&format!("/room/{}/reports?done=saved", room.id)))
}

#[derive(Deserialize)]
struct Lock {
    minutes: u32,
}

/// `POST /room/{id}/lock`
async fn lock(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Lock>,
) -> PageResult {
    app.lock_joins(me.user.id, room.id, form.minutes).await.or_room(room.id)?;
    Ok(redirect(&format!("/room/{}/reports?done=saved", room.id)))
}
