//! Jobs of the outbox that were given up, for admins.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::outbox::dead::DeadJob;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Path, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/admin/jobs", list, "List jobs that were given up, the latest first. For admins.", |call| {
            call.query::<JobQuery>().response::<DeadJobs>(200).refuses(&[Code::Invalid])
        })
        .add("POST", "/admin/jobs/{number}/retry", retry, "Queue a job that was given up again. For admins.", |call| {
            call.no_content().refuses(&[Code::RateLimited])
        })
        .add("DELETE", "/admin/jobs/{number}", drop_one, "Drop a job that was given up. For admins.", |call| {
            call.no_content().refuses(&[Code::RateLimited])
        })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JobQuery {
    /// The `number` of the last job of the page before.
    #[serde(default)]
    below: Option<i64>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeadJobs {
    jobs: Vec<DeadJob>,
}

async fn list(State(app): State<App>, me: SignedIn, Query(query): Query<JobQuery>) -> Result<Json<DeadJobs>> {
    let jobs = app.dead_jobs(me.user.id, query.below, query.limit).await?;
    Ok(Json(DeadJobs { jobs }))
}

async fn retry(State(app): State<App>, me: SignedIn, Path(number): Path<i64>) -> Result<StatusCode> {
    app.retry_job(me.user.id, number).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn drop_one(State(app): State<App>, me: SignedIn, Path(number): Path<i64>) -> Result<StatusCode> {
    app.drop_job(me.user.id, number).await?;
    Ok(StatusCode::NO_CONTENT)
}
