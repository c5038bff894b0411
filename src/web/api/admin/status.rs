//! How the server is: figures of the last hour, waiting jobs, backups.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::Calls;
use super::Json;
use crate::backup_files::Backup;
use crate::chat::admin::{Storage, Waiting};
use crate::error::{Code, Result};
use crate::metrics::Sample;
use crate::service::App;
use crate::web::extract::SignedIn;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/admin/status",
            show,
            "Figures of the last hour of this server, what is stored, waiting jobs, backups. For admins of the server.",
            |call| call.response::<Status>(200),
        )
        .add(
            "POST",
            "/admin/jobs/retry",
            retry,
            "Try the jobs again at once that wait after a failure. For admins of the server.",
            |call| call.no_content(),
        )
        .add(
            "POST",
            "/admin/backups",
            back_up,
            "Make a backup now, with the settings of the scheduled ones; `not_found` where there are none. For admins of the server.",
            |call| call.no_content().refuses(&[Code::NotFound]),
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// One every ten seconds, the oldest first.
    samples: Vec<Sample>,
    storage: Storage,
    jobs: Vec<Waiting>,
    /// The newest first; null where the server makes none by itself.
    backups: Option<Vec<Backup>>,
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Status>> {
    let status = app.status(me.user.id).await?;
    Ok(Json(Status { samples: status.samples, storage: status.storage, jobs: status.jobs, backups: status.backups }))
}

async fn retry(State(app): State<App>, me: SignedIn) -> Result<StatusCode> {
    app.retry_jobs(me.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn back_up(State(app): State<App>, me: SignedIn) -> Result<StatusCode> {
    app.request_backup(me.user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
