//! Oneself: becoming a guest, one's name, logging out.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Json;
use crate::chat::user::User;
use crate::cookie;
use crate::error::{Error, Result};
use crate::state::State;
use crate::web::caller::{Caller, Me};
use crate::web::form::with_cookie;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewGuest {
    /// At most 40 characters; a friendly name when left out.
    #[serde(default)]
    name: Option<String>,
}

/// A new identity. The token is shown this once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entered {
    user: User,
    token: String,
}

pub(super) async fn enter(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(asked): Json<NewGuest>,
) -> Result<Response> {
    let entered = state.enter(asked.name, caller.lang, caller.agent, caller.address).await?;
    let body = Entered { user: entered.user, token: entered.token.reveal() };
    let mut answer = (StatusCode::CREATED, Json(body)).into_response();
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

pub(super) async fn log_out(Shared(state): Shared<State>, me: Me) -> Result<Response> {
    state.log_out(&me.session).await?;
    let forget = cookie::forget_session(state.config.origins.is_https());
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), forget))
}

pub(super) async fn show(me: Me) -> Json<User> {
    Json((*me.user).clone())
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default)]
    name: Option<String>,
}

pub(super) async fn change(Shared(state): Shared<State>, me: Me, Json(asked): Json<Change>) -> Result<Json<User>> {
    let name = asked.name.ok_or_else(|| Error::invalid("name", "there is nothing to change"))?;
    state.rename(&me.user, name).await.map(Json)
}
