//! The archive of one's own data.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::export::Export;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/me/export",
            show,
            "The archive of one's own data, downloaded from `/me/export/madang.zip`.",
            |call| call.response::<Exported>(200),
        )
        .add(
            "POST",
            "/me/export",
            request,
            "Ask for an archive of one's own data, at most once a day. A job makes it; it is kept for three days.",
            |call| call.no_content().refuses(&[Code::Unavailable]),
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Exported {
    /// Null if none was asked for, or it has ended.
    export: Option<Export>,
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Exported>> {
    Ok(Json(Exported { export: app.export(me.user.id).await? }))
}

async fn request(State(app): State<App>, caller: Caller, me: SignedIn) -> Result<StatusCode> {
    app.request_export(me.user.id, caller.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}
