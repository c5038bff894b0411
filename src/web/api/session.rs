//! Sessions: where one is signed in, and logging out.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::session::Device;
use crate::cookie;
use crate::error::Result;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::form::with_cookie;

/// The sessions of a person, the last used first.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sessions {
    sessions: Vec<Device>,
}

pub(super) async fn list(State(app): State<App>, me: Me) -> Result<Json<Sessions>> {
    Ok(Json(Sessions { sessions: app.devices(&me.session).await? }))
}

pub(super) async fn log_out(State(app): State<App>, me: Me) -> Result<Response> {
    app.log_out(&me.session).await?;
    Ok(gone(&app, true))
}

pub(super) async fn log_out_one(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<Response> {
    let was_own = app.log_out_device(&me.session, id).await?;
    Ok(gone(&app, was_own))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Which {
    /// Whether the session that asks ends too.
    #[serde(default)]
    all: bool,
}

pub(super) async fn log_out_everywhere(State(app): State<App>, me: Me, Query(which): Query<Which>) -> Result<Response> {
    app.log_out_everywhere(&me.session, which.all).await?;
    Ok(gone(&app, which.all))
}

/// Done; the browser forgets its cookie where its own session is the one that ended.
pub(super) fn gone(app: &App, is_own: bool) -> Response {
    let answer = StatusCode::NO_CONTENT.into_response();
    if is_own { with_cookie(answer, cookie::forget_session(app.config.origins.is_https())) } else { answer }
}
