//! Scripts, styles and the stock Socket.IO client, embedded in the binary.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::Router;
use axum::extract::{OriginalUri, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use rust_embed::RustEmbed;

use serde::Deserialize;

use super::extract::{Caller, Path};
use super::problem::not_found;
use crate::i18n::Lang;
use crate::service::App;
use crate::view;

/// The output of `web/build.mjs`. A debug build reads it from the folder, so that an edit shows
/// without compiling.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

/// Gives the pages the hashed names of the built assets.
pub fn name_assets() {
    let names = names();
    if names.is_empty() {
        tracing::warn!("web/dist is empty: pages have no styles and scripts (run: make build)");
    }
    view::name_assets(names);
}

/// Returns the hashed name of each asset.
fn names() -> HashMap<String, String> {
    let manifest = Dist::get("manifest.json");
    manifest.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
}

/// Returns the licences of everything that this program contains, as `web/licenses.mjs` collected them.
///
/// # Errors
/// A sentence for the operator where the build has none.
pub fn licenses() -> Result<String, String> {
    let file = names().get("licenses.txt").and_then(|name| Dist::get(name));
    let text = file.and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    text.ok_or_else(|| "this build contains no licences (run: make build)".to_owned())
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/assets/{name}", get(hashed))
        .route("/socket.io/{name}", get(client))
        .route("/favicon.ico", get(favicon))
        .route("/manifest.webmanifest", get(manifest))
        .route("/sw.js", get(service_worker))
        .route("/robots.txt", get(robots))
}

/// `GET /assets/{name}`: the name has a hash of the content, so it never changes.
async fn hashed(Path(name): Path<String>, headers: HeaderMap, uri: OriginalUri, caller: Caller) -> Response {
    const IMMUTABLE: &str = "public, max-age=31536000, immutable";
    if let Some(script) = view::strings_script(&name) {
        return serve(&name, script.as_bytes().into(), IMMUTABLE);
    }
    match packed(&name, &headers, IMMUTABLE) {
        Some(answer) if !name.contains('/') => answer,
        _ => not_found(uri, caller).await,
    }
}

/// `GET /socket.io/socket.io.js` and its other builds: the stock client.
async fn client(Path(name): Path<String>, headers: HeaderMap, uri: OriginalUri, caller: Caller) -> Response {
    match packed(&format!("socket.io/{name}"), &headers, "public, max-age=3600") {
        Some(answer) if !name.contains('/') => answer,
        _ => not_found(uri, caller).await,
    }
}

/// `GET /favicon.ico`, which browsers request even where the page names another icon.
async fn favicon() -> Redirect {
    Redirect::permanent(&view::asset("favicon.svg"))
}

#[derive(Deserialize)]
struct ManifestQuery {
    lang: Option<String>,
}

/// `GET /manifest.webmanifest`: the page as an app. The address names the language, as browsers send no cookie here.
async fn manifest(State(app): State<App>, Query(query): Query<ManifestQuery>) -> Response {
    let lang = query.lang.as_deref().and_then(Lang::from_code).unwrap_or_default();
    let manifest = view::manifest(lang, &app.server_settings(), app.config.has_service_worker).to_string();
    serve("manifest.webmanifest", manifest.into_bytes().into(), "public, max-age=3600")
}

/// `GET /sw.js`: the service worker, at the root, so that it serves every page. With `SERVICE_WORKER=off` it is one that
/// removes itself.
async fn service_worker(State(app): State<App>, headers: HeaderMap, uri: OriginalUri, caller: Caller) -> Response {
    let url = view::asset(if app.config.has_service_worker { "sw.js" } else { "sw-off.js" });
    match url.strip_prefix("/assets/").and_then(|name| packed(name, &headers, "public, no-cache")) {
        Some(answer) => answer,
        None => not_found(uri, caller).await,
    }
}

/// `GET /robots.txt`: search engines stay out of rooms.
async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /room/\nDisallow: /files/\nDisallow: /api/\n"
}

/// Serves a file of the build as it was compressed there, in the best way that the client accepts.
fn packed(name: &str, headers: &HeaderMap, caching: &'static str) -> Option<Response> {
    let file = Dist::get(name)?;
    let found = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(headers, coding))
        .find_map(|(coding, ending)| Dist::get(&format!("{name}.{ending}")).map(|packed| (coding, packed)));
    let Some((coding, packed)) = found else { return Some(serve(name, file.data, caching)) };
    let mut answer = serve(name, packed.data, caching);
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    Some(answer)
}

/// Returns whether a client accepts a coding: it is named, and not with a weight of zero.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
    })
}

fn serve(name: &str, data: Cow<'static, [u8]>, caching: &'static str) -> Response {
    let content_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    };
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, caching)], data.into_owned()).into_response()
}
