//! What an installed app shows without a network.

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::service::App;
use crate::view::OfflinePage;
use crate::web::extract::Caller;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/offline", get(offline))
}

/// `GET /offline`: the service worker keeps it.
async fn offline(caller: Caller) -> Html<String> {
    Html(OfflinePage { lang: caller.lang }.html())
}
