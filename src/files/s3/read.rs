//! Reads an object, a piece at a time. A connection that breaks in the middle is replaced by another.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use http::header::CONTENT_RANGE;
use http::{Method, StatusCode};
use hyper::body::Incoming;

use super::S3Store;
use super::client::{Client, Request};
use super::failure::Failure;
use super::runtime::RequestRuntime;

/// How often in a row reading goes on after a broken connection without any bytes. A store may also cut one whose reader
/// is slow.
const MAX_RESUMED: u32 = 6;

pub(super) struct Object {
    client: Arc<Client>,
    runtime: Arc<RequestRuntime>,
    key: String,
    body: Option<Incoming>,
    piece: Bytes,
    /// What is still to be read.
    left: Range<u64>,
    resumed: u32,
}

impl Object {
    pub(super) fn open(store: &S3Store, key: String, range: Range<u64>) -> io::Result<Self> {
        let (client, runtime) = (Arc::clone(&store.client), Arc::clone(&store.runtime));
        let body = runtime.block_on(request(&client, &key, &range))?;
        Ok(Self { client, runtime, key, body, piece: Bytes::new(), left: range, resumed: 0 })
    }

    fn next(&mut self) -> io::Result<()> {
        let (client, key) = (Arc::clone(&self.client), &self.key);
        while self.piece.is_empty() && !self.left.is_empty() {
            let Some(body) = &mut self.body else { return Ok(()) };
            match self.runtime.block_on(client.piece(body)) {
                Ok(Some(piece)) => (self.piece, self.resumed) = (piece, 0),
                Ok(None) => self.body = None,
                Err(failure) if failure.is_transient() && self.resumed < MAX_RESUMED => {
                    tracing::debug!(%failure, "reading from the S3 store goes on in another request");
                    self.resumed += 1;
                    self.body = self.runtime.block_on(request(&client, key, &self.left))?;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }
}

/// Asks for a range of an object; `None` if it has no bytes there.
pub(super) async fn request(client: &Client, key: &str, range: &Range<u64>) -> Result<Option<Incoming>, Failure> {
    if range.is_empty() {
        return Ok(None);
    }
    let mut request = Request::new(Method::GET, key);
    if *range != (0..u64::MAX) {
        let last = if range.end == u64::MAX { String::new() } else { (range.end - 1).to_string() };
        request = request.header("range", format!("bytes={}-{last}", range.start));
    }
    let answer = match client.send(&request).await {
        Err(failure) if failure.has_status(StatusCode::RANGE_NOT_SATISFIABLE) => return Ok(None),
        answer => answer?,
    };
    let begins = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok()).unwrap_or("bytes 0-");
    match begins.strip_prefix("bytes ").and_then(|range| range.split_once('-')).map(|(first, _)| first.parse::<u64>()) {
        Some(Ok(first)) if first == range.start => Ok(Some(answer.into_body())),
        _ => Err(Failure::Unusable("the S3 store answers another range of a file than it was asked for".into())),
    }
}

impl Read for Object {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next()?;
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let read = self.piece.len().min(buffer.len()).min(left);
        self.piece.copy_to_slice(&mut buffer[..read]);
        self.left.start += read as u64;
        Ok(read)
    }
}
