//! The archive of one's own data: asked for by form, and its download.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, Method};

use super::file::{Served, disposition};
use super::me::{MyPage, Typed};
use crate::error::Result;
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::web::page_error::OrRedirect;

/// It goes with its user, also from the browser.
const CACHING: &str = "private, no-store";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/me/export", post(request))
}

/// Returns the route of the archive, which is not compressed again.
pub(in crate::web) fn download_routes() -> Router<App> {
    Router::new().route("/me/export/madang.zip", get(download))
}

/// `POST /me/export`
async fn request(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>) -> Response {
    let result = app.request_export(me.user.id, caller.lang).await;
    MyPage::new(&app, &caller, &me).after(result, "export", &[], Typed::default()).await
}

/// `GET /me/export/madang.zip`
async fn download(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let hash = app.export_hash(me.user.id).await?;
    let disposition = disposition("attachment", "madang.zip")?;
    let served = Served { hash: &hash, content_type: "application/zip", disposition, caching: CACHING };
    served.respond(&app, &method, &headers).await
}
