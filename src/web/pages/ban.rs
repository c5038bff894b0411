//! Lifting a ban, by form.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;

use super::room_settings::{or_page, settings_path};
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrRedirect, PageResult};
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/room/{id}/bans/lift", post(lift))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiftBan {
    user_id: UserId,
}

/// `POST /room/{id}/bans/lift`
async fn lift(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<LiftBan>,
) -> PageResult {
    or_page(app.lift_ban(me.user.id, room.id, form.user_id).await, room.id)?;
    Ok(redirect(&settings_path(room.id)))
}
