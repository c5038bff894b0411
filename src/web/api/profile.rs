//! What others see of a person: profile and picture; and whom one has blocked.

use axum::extract::{Path, Request, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::Json;
use crate::chat::user::{Profile, User};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::multipart::{Parts, Sender};

/// # Errors
/// `not_found` for what is no person's id.
fn user_id(text: &str) -> Result<UserId> {
    text.parse().map_err(|_| Code::NotFound.into())
}

pub(super) async fn show(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<Json<Profile>> {
    app.profile(me.user.id, user_id(&id)?).await.map(Json)
}

pub(super) async fn set_picture(State(app): State<App>, me: Me, request: Request) -> Result<Json<User>> {
    let sender = Sender { app: &app, me: me.user.id, room_id: None, files_max: 1 };
    let mut parts = Parts::read(request, sender).await?;
    let upload = parts.files.pop().ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
    app.set_picture(me.user.id, upload).await.map(Json)
}

pub(super) async fn remove_picture(State(app): State<App>, me: Me) -> Result<Json<User>> {
    app.remove_picture(me.user.id).await.map(Json)
}

/// Whom one has blocked, by name.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocks {
    users: Vec<User>,
}

pub(super) async fn blocks(State(app): State<App>, me: Me) -> Result<Json<Blocks>> {
    Ok(Json(Blocks { users: app.blocks(me.user.id).await? }))
}

pub(super) async fn block(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    app.block(me.user.id, user_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unblock(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    app.unblock(me.user.id, user_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
