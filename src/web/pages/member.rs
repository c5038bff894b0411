//! What the keepers of a room do to its people, by form.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::room::{back, back_to, in_room};
use crate::ids::UserId;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::form::Form;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Moderator {
    user_id: UserId,
    on: bool,
}

/// `POST /room/{id}/moderators`
pub(crate) async fn set_moderator(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Moderator>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back(id, app.set_moderator(me.user.id, id, form.user_id, form.on).await.map(drop)),
        Err(answer) => *answer,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Banned {
    user_id: UserId,
}

/// `POST /room/{id}/bans/lift`
pub(crate) async fn lift_ban(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Banned>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back_to(id, "#settings", app.lift_ban(me.user.id, id, form.user_id).await),
        Err(answer) => *answer,
    }
}
