//! Appointing moderators, by form.

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
    Router::new().route("/room/{id}/moderators", post(set))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetModerator {
    user_id: UserId,
    on: bool,
}

/// `POST /room/{id}/moderators`
async fn set(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<SetModerator>,
) -> PageResult {
    app.set_moderator(me.user.id, room.id, form.user_id, form.on).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}
