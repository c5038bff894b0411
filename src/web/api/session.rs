//! Sessions: where one is signed in, and logging out.

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::session::Device;
use crate::cookie;
use crate::error::Result;
use crate::state::State;
use crate::web::caller::Me;
use crate::web::form::with_cookie;

/// The sessions of a person, the last used first.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sessions {
    sessions: Vec<Device>,
}

pub(super) async fn list(Shared(state): Shared<State>, me: Me) -> Result<Json<Sessions>> {
    Ok(Json(Sessions { sessions: state.devices(&me.session).await? }))
}

pub(super) async fn log_out(Shared(state): Shared<State>, me: Me) -> Result<Response> {
    state.log_out(&me.session).await?;
    Ok(gone(&state, true))
}

pub(super) async fn log_out_one(Shared(state): Shared<State>, me: Me, Path(id): Path<String>) -> Result<Response> {
    let was_own = state.log_out_device(&me.session, id).await?;
    Ok(gone(&state, was_own))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Which {
    /// Whether the session that asks ends too.
    #[serde(default)]
    all: bool,
}

pub(super) async fn log_out_everywhere(
    Shared(state): Shared<State>,
    me: Me,
    Query(which): Query<Which>,
) -> Result<Response> {
    state.log_out_everywhere(&me.session, which.all).await?;
    Ok(gone(&state, which.all))
}

/// Done; the browser forgets its cookie where its own session is the one that ended.
pub(super) fn gone(state: &State, is_own: bool) -> Response {
    let answer = StatusCode::NO_CONTENT.into_response();
    if is_own { with_cookie(answer, cookie::forget_session(state.config.origins.is_https())) } else { answer }
}
