//! Files: sent as messages, put down to wait for one, listed for a room.

use axum::extract::{Path, Request, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use super::message::answer;
use crate::chat::file::{Entry, File, Kind};
use crate::error::Result;
use crate::ids::FileId;
use crate::service::App;
use crate::web::caller::{Caller, Me};
use crate::web::multipart::{self, Parts, Sender};
use crate::web::pages::room::room_id;
use crate::wire::WireMessage;

pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let id = room_id(&id)?;
    let files_max = app.config.limits.files_max;
    let sender = Sender { app: &app, me: me.user.id, room_id: Some(id), files_max };
    let mut parts = Parts::read(request, sender).await?;
    if let Some(known) = parts.known {
        return Ok(answer(known, &caller, &me));
    }
    if parts.files.is_empty() {
        return Err(multipart::missing());
    }
    let (new, files) = (parts.message(), std::mem::take(&mut parts.files));
    let sent = app.send_files(me.user.id, id, new, files).await?;
    Ok(answer(sent, &caller, &me))
}

pub(super) async fn upload(State(app): State<App>, me: Me, request: Request) -> Result<(StatusCode, Json<File>)> {
    let upload = multipart::one(request, &app, me.user.id).await?;
    app.upload(me.user.id, upload).await.map(|file| (StatusCode::CREATED, Json(file)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Pictures or everything else; pictures if left out.
    #[serde(default)]
    kind: Kind,
    /// Files from before this one.
    #[serde(default)]
    before: Option<FileId>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Files {
    files: Vec<Entry>,
    /// The `before` of the next page.
    next: Option<FileId>,
}

pub(super) async fn list(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Files>> {
    let listed = app.gallery(me.user.id, room_id(&id)?, query.kind, query.before, query.limit).await;
    listed.map(|(files, next)| Json(Files { files, next }))
}
