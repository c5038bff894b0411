//! What the keepers of a room do to its people, by form.

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use serde::Deserialize;

use super::caller::Me;
use super::form::Form;
use super::room::{back, back_to, in_room};
use crate::ids::UserId;
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moderator {
    user_id: UserId,
    on: bool,
}

/// `POST /room/{id}/moderators`
pub(super) async fn set_moderator(
    Shared(state): Shared<State>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(asked): Form<Moderator>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back(id, state.set_moderator(me.user.id, id, asked.user_id, asked.on).await.map(drop)),
        Err(answer) => *answer,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Banned {
    user_id: UserId,
}

/// `POST /room/{id}/bans/lift`
pub(super) async fn lift_ban(
    Shared(state): Shared<State>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(asked): Form<Banned>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back_to(id, "#settings", state.lift_ban(me.user.id, id, asked.user_id).await),
        Err(answer) => *answer,
    }
}
