//! Health checks of the process and of its database.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;

use crate::data_folder;
use crate::service::App;
use crate::web::extract::Caller;

/// How long the database may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes below which a disk counts as full: the database could not write its log for long.
const FULL_BELOW: u64 = 16 << 20;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// `GET /healthz`: the process responds.
async fn alive() -> &'static str {
    "ok\n"
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
    let is_full = || data_folder::free_bytes(&app.config.data_dir).is_some_and(|free| free < FULL_BELOW);
    match (read, written) {
        (Err(_), _) => Some("the database is unavailable\n"),
        _ if app.db.is_disk_full() || is_full() => Some("the disk is full\n"),
        (_, Err(_)) => Some("the database cannot be written\n"),
        _ => None,
    }
}
