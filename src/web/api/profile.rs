//! What others see of a person: profile and picture; and whom one has blocked.

use axum::extract::{Path, Request, State as Shared};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::Json;
use crate::chat::user::{Profile, User};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::state::State;
use crate::web::caller::Me;
use crate::web::upload::{Parts, Sender};

/// # Errors
/// `not_found` for what is no person's id.
fn user_id(text: &str) -> Result<UserId> {
    text.parse().map_err(|_| Code::NotFound.into())
}

pub(super) async fn show(Shared(state): Shared<State>, me: Me, Path(id): Path<String>) -> Result<Json<Profile>> {
    state.profile(me.user.id, user_id(&id)?).await.map(Json)
}

pub(super) async fn set_picture(Shared(state): Shared<State>, me: Me, request: Request) -> Result<Json<User>> {
    let sender = Sender { state: &state, me: me.user.id, room_id: None, files_max: 1 };
    let mut parts = Parts::read(request, sender).await?;
    let upload = parts.files.pop().ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
    state.set_picture(me.user.id, upload).await.map(Json)
}

pub(super) async fn remove_picture(Shared(state): Shared<State>, me: Me) -> Result<Json<User>> {
    state.remove_picture(me.user.id).await.map(Json)
}

/// Whom one has blocked, by name.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocks {
    users: Vec<User>,
}

pub(super) async fn blocks(Shared(state): Shared<State>, me: Me) -> Result<Json<Blocks>> {
    Ok(Json(Blocks { users: state.blocks(me.user.id).await? }))
}

pub(super) async fn block(Shared(state): Shared<State>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    state.block(me.user.id, user_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unblock(Shared(state): Shared<State>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    state.unblock(me.user.id, user_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
