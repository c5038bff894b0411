//! Scripts, styles and the stock Socket.IO client, carried inside the binary.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rust_embed::RustEmbed;

use super::caller::Caller;
use super::problem::page_not_found;
use crate::view;

/// What `web/build.mjs` made. In a debug build it is read from the folder, so that an edit shows
/// without compiling.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

/// Tells the pages what the built assets are called.
pub fn name_assets() {
    let manifest = Dist::get("manifest.json");
    let names: HashMap<String, String> =
        manifest.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default();
    if names.is_empty() {
        tracing::warn!("web/dist is empty: pages come without style and script until it is built (make build)");
    }
    view::name_assets(names);
}

/// `GET /assets/{name}`: named by its content, so it never changes.
pub(super) async fn hashed(Path(name): Path<String>, uri: axum::extract::OriginalUri, caller: Caller) -> Response {
    const FOREVER: &str = "public, max-age=31536000, immutable";
    if let Some(script) = view::strings_script(&name) {
        return serve(&name, script.as_bytes().into(), FOREVER);
    }
    match Dist::get(&name) {
        Some(file) if !name.contains('/') => serve(&name, file.data, FOREVER),
        _ => page_not_found(uri, caller).await,
    }
}

/// `GET /socket.io/socket.io.js` and its other forms: the stock client, for any page.
pub(super) async fn client(Path(name): Path<String>, uri: axum::extract::OriginalUri, caller: Caller) -> Response {
    match Dist::get(&format!("socket.io/{name}")) {
        Some(file) if !name.contains('/') => serve(&name, file.data, "public, max-age=3600"),
        _ => page_not_found(uri, caller).await,
    }
}

/// `GET /favicon.ico`, which browsers ask for whatever the page says.
pub(super) async fn favicon() -> Redirect {
    Redirect::permanent(&view::asset("favicon.svg"))
}

/// `GET /robots.txt`: rooms are not for search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /room/\nDisallow: /files/\nDisallow: /api/\n"
}

fn serve(name: &str, data: Cow<'static, [u8]>, caching: &'static str) -> Response {
    let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, caching)], data.into_owned()).into_response()
}
