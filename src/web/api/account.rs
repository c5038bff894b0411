//! Accounts: signing up, logging in, and people whom another server brings.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::me::Entered;
use crate::chat::key::Outsider;
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::service::{App, SignUp};
use crate::web::caller::{Caller, Me, bearer};
use crate::web::form::unstored;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewUser {
    email: String,
    /// At least 8 characters, at most 256 bytes, and none that everybody tries.
    password: String,
    /// At most 40 characters; a guest keeps theirs, anybody else gets a friendly one.
    #[serde(default)]
    name: Option<String>,
}

/// A new account. The token is shown this once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedUp {
    #[serde(flatten)]
    user: User,
    email: Option<String>,
    created_at: String,
    token: String,
}

pub(super) async fn sign_up(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Json(body): Json<NewUser>,
) -> Result<Response> {
    let body = SignUp { email: body.email, password: body.password, name: body.name };
    let entered = app.sign_up(body, me.as_ref().map(|me| &me.session), caller.into()).await?;
    let account = app.account(entered.user.id).await?;
    let body = SignedUp {
        user: account.user,
        email: account.email,
        created_at: account.created_at,
        token: entered.token.reveal(),
    };
    Ok(unstored((StatusCode::CREATED, Json(body)).into_response()))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogIn {
    email: String,
    password: String,
}

pub(super) async fn log_in(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Json(body): Json<LogIn>,
) -> Result<Response> {
    let former = me.as_ref().map(|me| &me.session);
    let entered = app.log_in(body.email, body.password, former, caller.into()).await?;
    Ok(unstored((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewToken {
    /// The person's id at the server that asks: 1 to 200 bytes.
    external_id: String,
    /// At most 40 characters.
    name: String,
    /// The https address of their picture.
    #[serde(default)]
    picture: Option<String>,
}

pub(super) async fn token(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<NewToken>,
) -> Result<Response> {
    let key = bearer(&headers).ok_or(Code::Unauthenticated)??;
    let outsider = Outsider { external_id: body.external_id, name: body.name, picture: body.picture };
    let entered = app.enter_outsider(key, outsider, caller.into()).await?;
    Ok(unstored((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}
