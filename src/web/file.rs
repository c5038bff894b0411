//! Stored files: to those who may see the message that carries them, and to nobody else.

use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::caller::Me;
use crate::chat::file::Stored;
use crate::error::{Code, Result};
use crate::ids::FileId;
use crate::state::State;

const CACHING: &str = "private, max-age=31536000, immutable";
/// Nothing in a file may run or load anything, whatever a browser takes it for.
const POLICY: &str = "default-src 'none'; sandbox";

/// `GET /files/{id}`
pub(super) async fn show(
    Shared(state): Shared<State>,
    me: Me,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let stored = find(&state, &me, &id).await?;
    let (hash, kind) = (stored.hash.clone(), stored.file.media_type.clone());
    answer(&state, &hash, &kind, &stored, &headers).await
}

/// `GET /files/{id}/thumbnail`
pub(super) async fn thumbnail(
    Shared(state): Shared<State>,
    me: Me,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let stored = find(&state, &me, &id).await?;
    let hash = stored.thumb_hash.clone().ok_or(Code::NotFound)?;
    answer(&state, &hash, "", &stored, &headers).await
}

async fn find(state: &State, me: &Me, id: &str) -> Result<Stored> {
    let id: FileId = id.parse().map_err(|_| Code::NotFound)?;
    state.file(me.user.id, id).await
}

async fn answer(state: &State, hash: &str, kind: &str, stored: &Stored, asked: &HeaderMap) -> Result<Response> {
    // The name of the bytes is a tag of their content already.
    let tag = HeaderValue::try_from(format!("\"{}\"", &hash[..32.min(hash.len())])).map_err(|_| Code::Internal)?;
    if asked.get(IF_NONE_MATCH) == Some(&tag) {
        // With the policy again: a browser takes the headers of a 304 in place of those it holds.
        let (caching, policy) = (HeaderValue::from_static(CACHING), HeaderValue::from_static(POLICY));
        let headers = [(ETAG, tag), (CACHE_CONTROL, caching), (CONTENT_SECURITY_POLICY, policy)];
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let bytes = state.files.get(hash).await?;
    let kind = if kind.is_empty() { thumbnail_kind(&bytes) } else { kind };
    let mut answer = bytes.clone().into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).map_err(|_| Code::Internal)?);
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CONTENT_DISPOSITION, disposition(&stored.file.name)?);
    Ok(answer)
}

/// Thumbnails are ours: one of two kinds, told apart by their first byte.
fn thumbnail_kind(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" }
}

/// The file's name for who saves it (RFC 6266, RFC 8187): only as an encoded parameter, in which
/// no character can end it.
fn disposition(name: &str) -> Result<HeaderValue> {
    let mut value = String::from("inline; filename*=UTF-8''");
    for byte in name.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => value.push(byte as char),
            _ => value += &format!("%{byte:02X}"),
        }
    }
    HeaderValue::try_from(value).map_err(|_| Code::Internal.into())
}
