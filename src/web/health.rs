//! Health checks of the process and of its database.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderValue, StatusCode};

use crate::lock;
use crate::service::App;
use crate::web::extract::{Caller, UnknownProxy};
use crate::wire::health::{PROXY, RUN};

/// How long the database may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// `GET /healthz`: the process responds. Its headers tell `madang doctor` which process that is, and whether a proxy is in front
/// that the settings do not name.
async fn alive(proxy: Option<Extension<UnknownProxy>>) -> Response {
    let mut response = "ok\n".into_response();
    let headers = response.headers_mut();
    headers.insert(RUN, HeaderValue::from_static(lock::run_id()));
    if proxy.is_some() {
        headers.insert(PROXY, HeaderValue::from_static("unknown"));
    }
    response
}

/// `GET /readyz`: the database can be read and written, and the server is not shutting down.
async fn ready(State(app): State<App>, caller: Caller) -> Response {
    // It takes a turn of the writer.
    if let Err(error) = app.rates.read_from(caller.address) {
        return error.into_response();
    }
    match unready(&app).await {
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
        None => "ready\n".into_response(),
    }
}

/// Returns why the server is not ready.
pub async fn unready(app: &App) -> Option<&'static str> {
    if app.is_draining() {
        return Some("draining\n");
    }
    let both = async { tokio::join!(app.db.ping(), app.db.ping_writer()) };
    let Ok((read, written)) = tokio::time::timeout(TIMEOUT, both).await else {
        return Some("the database does not answer in time\n");
    };
    match (read, written) {
        (Err(_), _) => Some("the database is unavailable\n"),
        _ if app.db.is_disk_full() || !app.measure_has_space() => Some("the disk is full\n"),
        (_, Err(_)) => Some("the database cannot be written\n"),
        _ => None,
    }
}
