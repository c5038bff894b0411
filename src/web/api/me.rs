//! Oneself: becoming a guest, what one is shown with, one's password, the end.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::session::gone;
use crate::chat::account::{self, Account};
use crate::chat::user::User;
use crate::error::Result;
use crate::service::{self, App};
use crate::web::caller::{Caller, Me};
use crate::web::form::unstored;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewGuest {
    /// At most 40 characters; a friendly name when left out.
    #[serde(default)]
    name: Option<String>,
}

/// A new session. The token is shown this once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entered {
    user: User,
    token: String,
}

impl From<service::Entered> for Entered {
    fn from(entered: service::Entered) -> Self {
        Self { user: entered.user, token: entered.token.reveal() }
    }
}

pub(super) async fn enter(State(app): State<App>, caller: Caller, Json(body): Json<NewGuest>) -> Result<Response> {
    let entered = app.enter_as_guest(body.name, caller.into()).await?;
    Ok(unstored((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}

pub(super) async fn show(State(app): State<App>, me: Me) -> Result<Json<Account>> {
    app.account(me.user.id).await.map(Json)
}

/// What is left out stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    /// 1 to 40 characters.
    #[serde(default)]
    name: Option<String>,
    /// At most 160 characters; may be empty.
    #[serde(default)]
    bio: Option<String>,
    /// Wants the password.
    #[serde(default)]
    email: Option<String>,
    /// One's password, for another e-mail.
    #[serde(default)]
    password: Option<String>,
    /// Whether others are kept from seeing when one is here.
    #[serde(default)]
    hides_presence: Option<bool>,
}

pub(super) async fn change(State(app): State<App>, me: Me, Json(body): Json<Change>) -> Result<Json<Account>> {
    let change =
        account::Change { name: body.name, bio: body.bio, email: body.email, hides_presence: body.hides_presence };
    app.change_account(&me.user, change, body.password).await.map(Json)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPassword {
    /// The password until now.
    current: String,
    /// At least 8 characters, at most 256 bytes, and none that everybody tries.
    password: String,
}

pub(super) async fn change_password(
    State(app): State<App>,
    me: Me,
    Json(body): Json<NewPassword>,
) -> Result<StatusCode> {
    app.change_password(&me.session, body.current, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Leave {
    /// One's password, where one has one.
    #[serde(default)]
    password: Option<String>,
    messages: Messages,
}

/// What becomes of what one said.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Messages {
    /// It stays, as nobody's.
    Keep,
    /// It is deleted, soon and message by message.
    Remove,
}

pub(super) async fn leave(State(app): State<App>, me: Me, Json(body): Json<Leave>) -> Result<Response> {
    app.delete_account(me.user.id, body.password, matches!(body.messages, Messages::Remove)).await?;
    Ok(gone(&app, true))
}
