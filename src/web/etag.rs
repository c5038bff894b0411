//! Entity tags: a response that has not changed is not sent again.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use foldhash::quality::RandomState;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};

/// Larger responses get no tag; pages are far smaller.
const MAX_SIZE: usize = 1024 * 1024;

/// Tags the pages and JSON of GET requests, and responds 304 where the client has them.
pub(super) async fn add_etag(request: Request, next: Next) -> Response {
    // The response to a HEAD has no body here, and the tag of an empty body would be wrong.
    let is_get = *request.method() == Method::GET;
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_small = response.body().size_hint().upper().is_some_and(|size| size <= MAX_SIZE as u64);
    if !is_get || response.status() != StatusCode::OK || !is_tagged(&response) || !is_small {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_SIZE).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(tag) = HeaderValue::try_from(etag_of(&bytes)) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.insert(ETAG, tag);
    not_modified_if_known(Response::from_parts(parts, Body::from(bytes)), known.as_ref())
}

/// Turns the response into a 304 if the client knows its tag.
fn not_modified_if_known(mut response: Response, known: Option<&HeaderValue>) -> Response {
    let is_known = known.zip(response.headers().get(ETAG)).is_some_and(|(known, tag)| matches(known, tag));
    if !is_known || response.status() != StatusCode::OK {
        return response;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        response.headers_mut().remove(name);
    }
    response
}

/// Returns the tag of a body: 128 bits with seeds of this process, so that two bodies do not share
/// one. Weak, as compression changes the bytes.
fn etag_of(bytes: &[u8]) -> String {
    static SEEDS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    let [first, second] = SEEDS.each_ref().map(|seed| seed.hash_one(bytes));
    format!("W/\"{first:016x}{second:016x}\"")
}

/// Whether `If-None-Match` lists the tag or is `*`. Strong and weak tags compare as equal, as
/// RFC 9110 says for this header.
pub(crate) fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').map(bare).any(|known| known == "*" || known == bare(tag))
}

fn is_tagged(response: &Response) -> bool {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.starts_with("text/html") || value.starts_with("application/json")
}
