//! Pages kept for a moment: whoever asks again while nothing has changed gets the same bytes, which
//! were read, rendered and compressed once.
//!
//! A page says of itself that it may be kept ([`Keep`]). It is kept for the very request that asked:
//! whatever a page depends on of its asker is part of the key, so that nobody ever gets another's. It
//! counts while neither the store nor who is connected has changed, and never for longer than
//! [`LONGEST`], as commands of the same program write to the store as well.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::header::{
    ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, ORIGIN, SET_COOKIE,
};
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;

use super::etag;
use crate::state::State;

const LONGEST: Duration = Duration::from_secs(1);
/// Bytes of one page, and of all.
const PAGE_MAX: usize = 512 * 1024;
const ALL_MAX: usize = 4 * 1024 * 1024;

/// Marks an answer that depends on nothing but the store, who is connected, the address that was
/// asked for and the headers of [`ASKER`].
#[derive(Clone, Copy)]
pub(super) struct Keep;

impl IntoResponseParts for Keep {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// What an answer depends on of its asker: that by which caches may tell answers apart.
const ASKER: [http::HeaderName; 4] = [COOKIE, AUTHORIZATION, ACCEPT_LANGUAGE, ACCEPT_ENCODING];

type Stamp = (u64, (u64, u64));

/// The pages that are kept. Cloning shares them.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    by_asking: HashMap<Vec<u8>, Page>,
    bytes: usize,
}

#[derive(Clone)]
struct Page {
    stamp: Stamp,
    at: Instant,
    headers: HeaderMap,
    body: Bytes,
}

/// Answers with a kept page where there is one, and keeps what may be kept.
pub(super) async fn keep(Shared((state, kept)): Shared<(State, Kept)>, request: Request, next: Next) -> Response {
    let Some(asking) = asking(&request) else { return next.run(request).await };
    // Taken before anything is read: a change meanwhile makes the page an old one at once.
    let stamp = (state.db.generation(), state.live.generation());
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    if let Some(page) = kept.find(&asking, stamp) {
        return page.answer(known.as_ref());
    }
    let answer = next.run(request).await;
    if !may_keep(&answer) {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    if body.len() <= PAGE_MAX {
        kept.put(asking, Page { stamp, at: Instant::now(), headers: parts.headers.clone(), body: body.clone() });
    }
    Response::from_parts(parts, Body::from(body))
}

/// What was asked, with all that the answer depends on of the asker; `None` for what is never kept.
fn asking(request: &Request) -> Option<Vec<u8>> {
    let headers = request.headers();
    // Another site's page that asks is answered otherwise. Who has no identity changes with each visit.
    let is_somebody = headers.contains_key(COOKIE) || headers.contains_key(AUTHORIZATION);
    if request.method() != Method::GET || headers.contains_key(ORIGIN) || !is_somebody {
        return None;
    }
    let mut asking = request.uri().path_and_query()?.as_str().as_bytes().to_vec();
    for name in &ASKER {
        for value in headers.get_all(name) {
            asking.push(b'\n');
            asking.extend_from_slice(name.as_str().as_bytes());
            asking.push(b':');
            asking.extend_from_slice(value.as_bytes());
        }
    }
    Some(asking)
}

fn may_keep(answer: &Response) -> bool {
    answer.extensions().get::<Keep>().is_some()
        && answer.status() == StatusCode::OK
        && answer.headers().contains_key(ETAG)
        && !answer.headers().contains_key(SET_COOKIE)
        && answer.body().size_hint().lower() <= PAGE_MAX as u64
}

impl Page {
    fn counts(&self, stamp: Stamp) -> bool {
        self.stamp == stamp && self.at.elapsed() < LONGEST
    }

    fn answer(self, known: Option<&http::HeaderValue>) -> Response {
        let is_known = known.zip(self.headers.get(ETAG)).is_some_and(|(known, tag)| etag::names(known, tag));
        let mut answer = Response::new(if is_known { Body::empty() } else { Body::from(self.body) });
        *answer.headers_mut() = self.headers;
        if is_known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer.headers_mut().remove(CONTENT_TYPE);
        }
        answer
    }
}

impl Kept {
    fn find(&self, asking: &[u8], stamp: Stamp) -> Option<Page> {
        self.0.lock().by_asking.get(asking).filter(|page| page.counts(stamp)).cloned()
    }

    fn put(&self, asking: Vec<u8>, page: Page) {
        let mut pages = self.0.lock();
        if pages.bytes + page.body.len() > ALL_MAX {
            let stamp = page.stamp;
            pages.by_asking.retain(|_, page| page.counts(stamp));
            pages.bytes = pages.by_asking.values().map(|page| page.body.len()).sum();
            if pages.bytes + page.body.len() > ALL_MAX {
                *pages = Pages::default();
            }
        }
        pages.bytes += page.body.len();
        if let Some(old) = pages.by_asking.insert(asking, page) {
            pages.bytes -= old.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(stamp: Stamp, bytes: usize) -> Page {
        Page { stamp, at: Instant::now(), headers: HeaderMap::new(), body: vec![0; bytes].into() }
    }

    #[test]
    fn a_page_counts_while_nothing_changes_and_not_for_long() {
        let (kept, stamp) = (Kept::default(), (1, (2, 3)));
        kept.put(b"one".to_vec(), page(stamp, 10));
        assert!(kept.find(b"one", stamp).is_some());
        for (asking, stamp) in [("two", stamp), ("one", (2, (2, 3))), ("one", (1, (3, 3))), ("one", (1, (2, 4)))] {
            assert!(kept.find(asking.as_bytes(), stamp).is_none());
        }
        let old = Page { at: Instant::now() - LONGEST, ..page(stamp, 10) };
        assert!(!old.counts(stamp));
    }

    #[test]
    fn all_pages_together_have_a_limit() {
        let kept = Kept::default();
        for number in 0..100_u32 {
            kept.put(number.to_be_bytes().to_vec(), page((1, (1, 1)), PAGE_MAX));
            let pages = kept.0.lock();
            assert!(pages.bytes <= ALL_MAX);
            assert_eq!(pages.bytes, pages.by_asking.len() * PAGE_MAX);
        }
        kept.put(b"again".to_vec(), page((1, (1, 1)), 10));
        kept.put(b"again".to_vec(), page((1, (1, 1)), 20));
        assert_eq!(kept.0.lock().bytes % PAGE_MAX, 20);
    }
}
