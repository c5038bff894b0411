//! Profile pictures: setting one, and serving them by the hash of their bytes.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::file::{CACHING, POLICY};
use super::me::{MyPage, Typed};
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::multipart::single_file;
use crate::web::page_error::OrRedirect;

pub(super) fn routes(upload_limit: DefaultBodyLimit) -> Router<App> {
    Router::new()
        .route("/me/picture", post(set_picture).layer(upload_limit))
        .route("/me/picture/remove", post(remove_picture))
}

/// Returns the route of the pictures themselves, which has its own caching.
pub(in crate::web) fn picture_routes() -> Router<App> {
    Router::new().route("/pictures/{hash}", get(picture))
}

/// `POST /me/picture`
async fn set_picture(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, request: Request) -> Response {
    let result = match single_file(request, &app, me.user.id).await {
        Ok(upload) => app.set_picture(me.user.id, upload).await,
        Err(error) => Err(error),
    };
    MyPage::new(&app, &caller, &me).after(result, "profile", &[], Typed::default()).await
}

/// `POST /me/picture/remove`
async fn remove_picture(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>) -> Response {
    let result = app.remove_picture(me.user.id).await;
    MyPage::new(&app, &caller, &me).after(result, "profile", &[], Typed::default()).await
}

/// `GET /pictures/{hash}`: for everyone who is signed in.
async fn picture(
    State(app): State<App>,
    _me: SignedIn,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
    // Files of messages have the same kind of name, and only some users may see them.
    if !is_hash || !app.is_picture(hash.clone()).await? {
        return Err(Code::NotFound.into());
    }
    serve(&app, &hash, &headers, CACHING).await
}

/// Answers with a picture that the server has re-encoded.
pub(super) async fn serve(app: &App, hash: &str, headers: &HeaderMap, caching: &'static str) -> Result<Response> {
    let tag = hash.get(..32).and_then(|tag| HeaderValue::try_from(format!("\"{tag}\"")).ok()).ok_or(Code::Internal)?;
    let (caching, policy) = (HeaderValue::from_static(caching), HeaderValue::from_static(POLICY));
    let cached = [(ETAG, tag.clone()), (CACHE_CONTROL, caching), (CONTENT_SECURITY_POLICY, policy)];
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    let bytes = app.files.read_all(hash).await?;
    // The server re-encoded the picture as one of two types.
    let content_type = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok((cached, [(CONTENT_TYPE, HeaderValue::from_static(content_type))], bytes).into_response())
}
