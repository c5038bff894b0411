//! Files: sent as a message, uploaded for a later message, listed for a room.

use axum::extract::{Request, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use super::message::sent_response;
use crate::chat::file::{Entry, File, Kind};
use crate::error::{Code, Result};
use crate::ids::FileId;
use crate::service::App;
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::multipart::{self, Parts, UploadContext};
use crate::wire::WireMessage;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/files", list, "List the files of a room, newest first.", |call| {
            call.query::<ListQuery>().response::<Files>(200).for_members()
        })
        .add(
            "POST",
            "/rooms/{id}/files",
            send,
            "Send files of any kind (multipart: optional `key` and `text`, then one or more `file`).",
            |call| {
                call.multipart()
                    .response::<WireMessage>(201)
                    .or(200, "The key was used before: the first answer.")
                    .for_members()
                    .writes()
                    .refuses(&[Code::TooLong, Code::NotFound])
            },
        )
        .add(
            "POST",
            "/uploads",
            upload,
            "Upload a file for a later message (multipart: `file`). Removed after a day if unused.",
            |call| call.multipart().response::<File>(201).refuses(&[Code::TooLong, Code::Filtered]),
        )
}

async fn send(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    request: Request,
) -> Result<(StatusCode, Json<WireMessage>)> {
    let files_max = app.config.limits.files_max;
    let context = UploadContext { app: &app, me: me.user.id, room_id: Some(room.id), files_max };
    let mut parts = Parts::read(request, context).await?;
    if let Some(known) = parts.known {
        return Ok(sent_response(known, &caller, &me));
    }
    if parts.files.is_empty() {
        return Err(multipart::missing_file());
    }
    let (new, files) = (parts.take_message(), std::mem::take(&mut parts.files));
    let sent = app.send_files(me.user.id, room.id, new, files).await?;
    Ok(sent_response(sent, &caller, &me))
}

async fn upload(State(app): State<App>, me: SignedIn, request: Request) -> Result<(StatusCode, Json<File>)> {
    let upload = multipart::single_file(request, &app, me.user.id).await?;
    app.upload(me.user.id, upload).await.map(|file| (StatusCode::CREATED, Json(file)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
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
struct Files {
    files: Vec<Entry>,
    /// The `before` of the next page.
    next: Option<FileId>,
}

async fn list(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Query(query): Query<ListQuery>,
) -> Result<Json<Files>> {
    let listed = app.gallery(me.user.id, room.id, query.kind, query.before, query.limit).await;
    listed.map(|(files, next)| Json(Files { files, next }))
}
