//! People's pictures, by the hash of their bytes, to anybody who is signed in.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::file::{CACHING, POLICY};
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::caller::Me;

/// `GET /pictures/{hash}`
pub(crate) async fn show(
    State(app): State<App>,
    _me: Me,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
    // The bytes of messages lie in the same place, and are not for everybody.
    if !is_hash || !app.is_picture(hash.clone()).await? {
        return Err(Code::NotFound.into());
    }
    let tag = HeaderValue::try_from(format!("\"{}\"", &hash[..32])).map_err(|_| Code::Internal)?;
    let (caching, policy) = (HeaderValue::from_static(CACHING), HeaderValue::from_static(POLICY));
    let kept = [(ETAG, tag.clone()), (CACHE_CONTROL, caching), (CONTENT_SECURITY_POLICY, policy)];
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let bytes = app.files.read_all(&hash).await?;
    // They are of our own making: one of two kinds, told apart by their first bytes.
    let kind = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok((kept, [(CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response())
}
