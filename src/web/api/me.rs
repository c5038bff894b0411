//! Oneself: becoming a guest, what one is shown with, one's password, the end.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::session::gone;
use crate::chat::account::{self, Account};
use crate::chat::user::User;
use crate::error::Result;
use crate::state::{self, State};
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

impl From<state::Entered> for Entered {
    fn from(entered: state::Entered) -> Self {
        Self { user: entered.user, token: entered.token.reveal() }
    }
}

pub(super) async fn enter(
    Shared(state): Shared<State>,
    caller: Caller,
    Json(asked): Json<NewGuest>,
) -> Result<Response> {
    let entered = state.enter(asked.name, caller.lang, caller.agent, caller.address).await?;
    Ok(unstored((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}

pub(super) async fn show(Shared(state): Shared<State>, me: Me) -> Result<Json<Account>> {
    state.account(me.user.id).await.map(Json)
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

pub(super) async fn change(Shared(state): Shared<State>, me: Me, Json(asked): Json<Change>) -> Result<Json<Account>> {
    let change =
        account::Change { name: asked.name, bio: asked.bio, email: asked.email, hides_presence: asked.hides_presence };
    state.change_account(&me.user, change, asked.password).await.map(Json)
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
    Shared(state): Shared<State>,
    me: Me,
    Json(asked): Json<NewPassword>,
) -> Result<StatusCode> {
    state.change_password(&me.session, asked.current, asked.password).await?;
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

pub(super) async fn leave(Shared(state): Shared<State>, me: Me, Json(asked): Json<Leave>) -> Result<Response> {
    state.leave_house(me.user.id, asked.password, matches!(asked.messages, Messages::Remove)).await?;
    Ok(gone(&state, true))
}
