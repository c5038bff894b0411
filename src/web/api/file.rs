//! Pictures: sent as messages, or put down to wait for one.

use axum::extract::{Path, Request, State as Shared};
use http::StatusCode;

use super::json::Json;
use super::message::answer;
use crate::chat::file::File;
use crate::chat::message::New;
use crate::error::{Error, Result};
use crate::socket::wire::WireMessage;
use crate::state::State;
use crate::web::caller::{Caller, Me};
use crate::web::form::Parts;
use crate::web::room::room_id;

pub(super) async fn send(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let id = room_id(&id)?;
    state.may_upload(me.user.id, Some(id)).await?;
    let parts = Parts::read(request, state.config.upload_max).await?;
    let upload = parts.file.ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
    let new = New { key: parts.key, text: parts.text.unwrap_or_default(), ..New::default() };
    let sent = state.send_file(me.user.id, id, new, upload).await?;
    Ok(answer(sent, &caller, &me))
}

pub(super) async fn upload(Shared(state): Shared<State>, me: Me, request: Request) -> Result<(StatusCode, Json<File>)> {
    state.may_upload(me.user.id, None).await?;
    let parts = Parts::read(request, state.config.upload_max).await?;
    let upload = parts.file.ok_or_else(|| Error::invalid("file", "the file is missing or empty"))?;
    state.upload(me.user.id, upload).await.map(|file| (StatusCode::CREATED, Json(file)))
}
