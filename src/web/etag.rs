//! Entity tags: an answer that has not changed is not sent again.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use foldhash::quality::RandomState;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};

/// Pages are far smaller; a larger answer is not tagged.
const LARGEST: usize = 1024 * 1024;

/// Tags the pages and JSON that GET answers with, and answers 304 to who has them.
pub(super) async fn tag(request: Request, next: Next) -> Response {
    // The answer to a HEAD has lost its body by here, and a tag of nothing would be a wrong one.
    let is_get = *request.method() == Method::GET;
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let answer = next.run(request).await;
    let is_small = answer.body().size_hint().upper().is_some_and(|size| size <= LARGEST as u64);
    if !is_get || answer.status() != StatusCode::OK || !is_tagged(&answer) || !is_small {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(tag) = HeaderValue::try_from(of(&bytes)) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    parts.headers.insert(ETAG, tag);
    unless_known(Response::from_parts(parts, Body::from(bytes)), known.as_ref())
}

/// The answer, or that it has not changed where the asker knows it by its tag.
pub(super) fn unless_known(mut answer: Response, known: Option<&HeaderValue>) -> Response {
    let is_known = known.zip(answer.headers().get(ETAG)).is_some_and(|(known, tag)| names(known, tag));
    if !is_known || answer.status() != StatusCode::OK {
        return answer;
    }
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    *answer.body_mut() = Body::empty();
    for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        answer.headers_mut().remove(name);
    }
    answer
}

/// The tag of an answer, for as long as this process runs: 128 bits, so that two answers have the same
/// by accident only. Weak, as compression makes other bytes of the same
/// answer.
fn of(bytes: &[u8]) -> String {
    static SEEDS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    let [first, second] = SEEDS.each_ref().map(|seed| seed.hash_one(bytes));
    format!("W/\"{first:016x}{second:016x}\"")
}

/// Whether the tags that the asker has, or `*` for any, are ours among others. Strong and weak
/// compare as equal, as RFC 9110 has it for this header.
pub(crate) fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.split(',').map(bare).any(|known| known == "*" || known == bare(tag))
}

fn is_tagged(answer: &Response) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html") || kind.starts_with("application/json")
}
