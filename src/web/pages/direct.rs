//! Direct rooms, by form.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;

use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};
use crate::web::redirect::redirect_to_room;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/direct", post(open)).route("/room/{id}/accept", post(accept))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenDirect {
    user_id: UserId,
}

/// `POST /direct`: leads to the direct room with a user.
async fn open(State(app): State<App>, me: OrRedirect<SignedIn>, Form(form): Form<OpenDirect>) -> PageResult {
    let (room, _) = app.open_direct(me.user.id, form.user_id).await.or_lobby()?;
    Ok(redirect_to_room(room.id))
}

/// `POST /room/{id}/accept`: accepts the direct room of a stranger.
async fn accept(State(app): State<App>, me: OrRedirect<SignedIn>, room: OrRedirect<RoomPath>) -> PageResult {
    app.accept_direct(me.user.id, room.id).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}
