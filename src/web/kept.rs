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
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, COOKIE, ETAG, IF_NONE_MATCH, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;

use super::etag;
use crate::state::State;

const LONGEST: Duration = Duration::from_secs(1);
/// Bytes of one page, of what it is kept under, and of all of both.
const PAGE_MAX: usize = 512 * 1024;
const ASKING_MAX: usize = 2 * 1024;
const ALL_MAX: usize = 4 * 1024 * 1024;
/// About what an entry takes besides its bytes and its headers.
const ENTRY: usize = 256;

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

struct Pages {
    by_asking: HashMap<Vec<u8>, Page>,
    bytes: usize,
    /// When what is too old was last thrown away.
    swept_at: Instant,
}

impl Default for Pages {
    fn default() -> Self {
        Self { by_asking: HashMap::new(), bytes: 0, swept_at: Instant::now() }
    }
}

#[derive(Clone)]
struct Page {
    stamp: Stamp,
    at: Instant,
    headers: HeaderMap,
    body: Bytes,
}

/// Answers with a kept page where there is one, and keeps what may be kept.
pub(super) async fn keep(Shared((state, kept)): Shared<(State, Kept)>, mut request: Request, next: Next) -> Response {
    let Some(asking) = asking(&request) else { return next.run(request).await };
    // Taken before anything is read: a change meanwhile makes the page an old one at once.
    let stamp = (state.db.generation(), state.live.generation());
    // Who knows a page asks whether it is still good: that is answered here, so that it is made once.
    let known = request.headers_mut().remove(IF_NONE_MATCH);
    if let Some(page) = kept.find(&asking, stamp) {
        return etag::unless_known(page.answer(), known.as_ref());
    }
    let answer = next.run(request).await;
    if !may_keep(&answer) {
        return etag::unless_known(answer, known.as_ref());
    }
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    if body.len() <= PAGE_MAX {
        kept.put(asking, Page { stamp, at: Instant::now(), headers: parts.headers.clone(), body: body.clone() });
    }
    etag::unless_known(Response::from_parts(parts, Body::from(body)), known.as_ref())
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
    Some(asking).filter(|asking| asking.len() <= ASKING_MAX)
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

    fn answer(self) -> Response {
        let mut answer = Response::new(Body::from(self.body));
        *answer.headers_mut() = self.headers;
        answer
    }

    /// About the bytes that it keeps, with what it is kept under.
    fn weight(&self, asking: &[u8]) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        ENTRY + asking.len() + headers.sum::<usize>() + self.body.len()
    }
}

impl Kept {
    fn find(&self, asking: &[u8], stamp: Stamp) -> Option<Page> {
        let mut pages = self.0.lock();
        pages.sweep();
        pages.by_asking.get(asking).filter(|page| page.counts(stamp)).cloned()
    }

    fn put(&self, asking: Vec<u8>, page: Page) {
        let mut pages = self.0.lock();
        let weight = page.weight(&asking);
        if pages.bytes + weight > ALL_MAX {
            *pages = Pages::default();
        }
        pages.bytes += weight;
        let old = pages.by_asking.get(&asking).map_or(0, |old| old.weight(&asking));
        pages.bytes -= old;
        pages.by_asking.insert(asking, page);
    }
}

impl Pages {
    /// Throws away what is too old: nobody's cookie stays for longer than its page counts, once anybody
    /// asks for a page again.
    fn sweep(&mut self) {
        if self.swept_at.elapsed() < LONGEST {
            return;
        }
        self.by_asking.retain(|_, page| page.at.elapsed() < LONGEST);
        self.bytes = self.by_asking.iter().map(|(asking, page)| page.weight(asking)).sum();
        self.swept_at = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = (1, (2, 3));

    fn page(bytes: usize) -> Page {
        Page { stamp: STAMP, at: Instant::now(), headers: HeaderMap::new(), body: vec![0; bytes].into() }
    }

    #[test]
    fn a_page_counts_while_nothing_changes_and_not_for_long() {
        let kept = Kept::default();
        kept.put(b"one".to_vec(), page(10));
        assert!(kept.find(b"one", STAMP).is_some());
        for (asking, stamp) in [("two", STAMP), ("one", (2, (2, 3))), ("one", (1, (3, 3))), ("one", (1, (2, 4)))] {
            assert!(kept.find(asking.as_bytes(), stamp).is_none());
        }
        let old = Page { at: Instant::now() - LONGEST, ..page(10) };
        assert!(!old.counts(STAMP));
        kept.put(b"old".to_vec(), old);
        kept.0.lock().swept_at -= LONGEST;
        assert!(kept.find(b"old", STAMP).is_none());
        let pages = kept.0.lock();
        assert_eq!((pages.by_asking.len(), pages.bytes), (1, page(10).weight(b"one")));
    }

    #[test]
    fn all_pages_together_have_a_limit_with_what_they_are_kept_under() {
        let kept = Kept::default();
        for number in 0..50_000_u32 {
            let mut asking = vec![b'x'; ASKING_MAX];
            asking.extend(number.to_be_bytes());
            kept.put(asking, page(if number % 1_000 == 0 { PAGE_MAX } else { 0 }));
            assert!(kept.0.lock().bytes <= ALL_MAX);
        }
        let pages = kept.0.lock();
        assert!(pages.by_asking.len() * ASKING_MAX <= ALL_MAX);
        assert_eq!(pages.bytes, pages.by_asking.iter().map(|(asking, page)| page.weight(asking)).sum::<usize>());
    }

    #[test]
    fn a_page_that_is_kept_again_is_counted_once() {
        let kept = Kept::default();
        for bytes in [10, 20] {
            kept.put(b"again".to_vec(), page(bytes));
        }
        assert_eq!(kept.0.lock().bytes, page(20).weight(b"again"));
    }
}
