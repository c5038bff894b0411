//! Requests to one bucket: signed, repeated while a failure may pass, and read within limits.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use http::header::{CONTENT_LENGTH, DATE, HOST, USER_AGENT};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use jiff::fmt::rfc2822::DateTimeParser;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::{Instant, sleep, timeout};
use url::Position;

use super::connection::{Body, Connections, broken};
use super::failure::{Failure, Refusal};
use super::sign::{Signer, ToSign, encode, query, sha256};
use super::xml::Element;
use crate::clock::now_ms;
use crate::config::{S3, S3Limits};
use crate::hex::hex;

/// Documents of the store are read up to this size: a list of a thousand keys has half a megabyte.
const DOCUMENT_MAX: usize = 8 << 20;
/// What is read of an error or a short text.
pub(super) const ERROR_MAX: usize = 64 * 1024;
/// Bytes of a file that are read at a time.
const PIECE: usize = 128 * 1024;
/// Bytes a second that sending must reach.
const MIN_SEND_RATE: u64 = 64 * 1024;
/// After this time no further attempt begins: someone may be waiting.
const RETRY_DEADLINE: Duration = Duration::from_secs(20);
const MAX_PAUSE: Duration = Duration::from_secs(4);
/// How long a connection may take to be ready for the next request.
const READY_TIMEOUT: Duration = Duration::from_millis(50);

pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// Empty for the bucket itself.
    pub(super) key: &'a str,
    pub(super) query: Vec<(&'static str, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Payload<'a>,
}

impl<'a> Request<'a> {
    pub(super) fn new(method: Method, key: &'a str) -> Self {
        Self { method, key, query: Vec::new(), headers: Vec::new(), payload: Payload::Bytes(Bytes::new()) }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn payload(mut self, payload: Payload<'a>) -> Self {
        self.payload = payload;
        self
    }
}

/// The body of a request.
pub(super) enum Payload<'a> {
    Bytes(Bytes),
    /// A part of a file, and its SHA-256.
    File {
        path: &'a Path,
        start: u64,
        length: u64,
        sha256: String,
    },
}

impl Payload<'_> {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    fn sha256(&self) -> String {
        match self {
            Self::Bytes(bytes) => sha256(bytes),
            Self::File { sha256, .. } => sha256.clone(),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Bytes(bytes) if bytes.is_empty() => Empty::new().map_err(|never| match never {}).boxed_unsync(),
            Self::Bytes(bytes) => Full::new(bytes.clone()).map_err(|never| match never {}).boxed_unsync(),
            Self::File { path, start, length, .. } => part_of(path.to_path_buf(), *start, *length),
        }
    }
}

/// Streams a part of a file.
fn part_of(path: PathBuf, start: u64, length: u64) -> Body {
    let pieces = async move {
        let mut file = tokio::fs::File::open(path).await?;
        file.seek(io::SeekFrom::Start(start)).await?;
        Ok::<_, io::Error>(stream::try_unfold((file, length), |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let mut piece = Vec::with_capacity(PIECE);
            AsyncReadExt::take(&mut file, left.min(PIECE as u64)).read_to_end(&mut piece).await?;
            match piece.len() as u64 {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                read => Ok(Some((Frame::data(Bytes::from(piece)), (file, left - read)))),
            }
        }))
    };
    StreamBody::new(stream::once(pieces).try_flatten()).boxed_unsync()
}

/// A bucket, as requests see it.
pub(super) struct Client {
    signer: Signer,
    connections: Connections,
    limits: S3Limits,
    /// The setting of the address, which errors name.
    setting: &'static str,
    scheme: String,
    /// What the header `Host` says.
    host: String,
    /// The path before a key, percent-encoded; it ends with a slash.
    base: String,
}

impl Client {
    pub(super) fn new(s3: &S3) -> Result<Self, String> {
        let mut url = s3.endpoint.clone();
        if !s3.is_path_style {
            let host = format!("{}.{}", s3.bucket, url.host_str().unwrap_or_default());
            let cannot = || format!("{url} cannot have the bucket in its host name (set S3_PATH_STYLE=on)");
            // An address of numbers takes no name before it.
            if url.domain().is_none() || url.clone().set_host(Some(&host)).is_err() {
                return Err(cannot());
            }
            let _ = url.set_host(Some(&host));
        }
        let path = url.path().trim_end_matches('/');
        let base = if s3.is_path_style { format!("{path}/{}/", s3.bucket) } else { format!("{path}/") };
        Ok(Self {
            signer: Signer { credentials: s3.credentials.clone(), region: s3.region.clone() },
            connections: Connections::new(&url, s3)?,
            limits: s3.limits.clone(),
            setting: s3.names.endpoint,
            scheme: url.scheme().to_owned(),
            host: url[Position::BeforeHost..Position::AfterPort].to_owned(),
            base,
        })
    }

    pub(super) fn limits(&self) -> &S3Limits {
        &self.limits
    }

    fn path(&self, key: &str) -> String {
        match key {
            // Without the slash that only keys need: `/bucket`, or `/` if the bucket is in the host name.
            "" if self.base.len() > 1 => self.base.trim_end_matches('/').to_owned(),
            key => format!("{}{}", self.base, encode(key, "/")),
        }
    }

    /// Returns a link to an object that is valid for some seconds, for anyone who has it.
    pub(super) fn link(&self, key: &str, query: &[(&str, String)], seconds: u64) -> String {
        let path = self.path(key);
        let signed = ToSign { method: &Method::GET, host: &self.host, path: &path, query };
        format!("{}://{}{path}?{}", self.scheme, self.host, self.signer.sign_link(&signed, seconds, now_ms()))
    }

    /// Sends a request, again if it fails for a reason that may pass, and returns the answer of a success.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Response<Incoming>, Failure> {
        let (begun, mut attempt) = (Instant::now(), 1);
        loop {
            let failure = match self.attempt(request).await {
                Err(failure) if failure.is_transient() => failure,
                done => return done,
            };
            if attempt >= self.limits.attempts || begun.elapsed() > RETRY_DEADLINE {
                return Err(failure);
            }
            tracing::debug!(%failure, attempt, "a request to the S3 store is repeated");
            sleep(pause(self.limits.pause, attempt)).await;
            attempt += 1;
        }
    }

    /// Sends a request and reads the document of its answer, which must have this name.
    pub(super) async fn document(&self, request: &Request<'_>, name: &str) -> Result<Element, Failure> {
        let answer = self.send(request).await?;
        let bytes = self.read(answer.into_body(), DOCUMENT_MAX).await?;
        // A web page, for example.
        let no_store =
            || Failure::Unusable(format!("{} answers, but not as an S3 store does (correct it)", self.setting));
        let document = Element::parse(&bytes).ok_or_else(no_store)?;
        match document.name() {
            // A long request may fail after its status was sent.
            "Error" => Err(Failure::Refused(Refusal {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: code_of(&document),
                clock_skew_ms: 0,
            })),
            found if found == name => Ok(document),
            _ => Err(no_store()),
        }
    }

    /// Sends a request and reads the short text of its answer.
    pub(super) async fn text(&self, request: &Request<'_>) -> Result<String, Failure> {
        let answer = self.send(request).await?;
        let bytes = self.read(answer.into_body(), ERROR_MAX).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn attempt(&self, request: &Request<'_>) -> Result<Response<Incoming>, Failure> {
        let length = request.payload.length();
        let mut sender = self.connections.take().await?;
        let within = self.limits.answer + Duration::from_secs(length / MIN_SEND_RATE);
        let answered = timeout(within, sender.send_request(self.build(request, length)?)).await;
        let answer = answered.map_err(|_| Failure::Away("timed out".into()))?.map_err(broken)?;
        if answer.body().is_end_stream() {
            // Soon: then the next request finds it.
            let _ = timeout(READY_TIMEOUT, sender.ready()).await;
        }
        if !answer.status().is_server_error() {
            self.connections.keep(sender);
        }
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (head, body) = answer.into_parts();
        let document = self.read(body, ERROR_MAX).await.unwrap_or_default();
        let code = Element::parse(&document).map(|error| code_of(&error)).unwrap_or_default();
        Err(Failure::Refused(Refusal { status: head.status, code, clock_skew_ms: clock_skew_ms(&head.headers) }))
    }

    fn build(&self, request: &Request<'_>, length: u64) -> Result<http::Request<Body>, Failure> {
        let path = self.path(request.key);
        let signed = ToSign { method: &request.method, host: &self.host, path: &path, query: &request.query };
        let headers = self.signer.sign(&signed, &request.headers, &request.payload.sha256(), now_ms());
        let uri = match request.query.is_empty() {
            true => path,
            false => format!("{path}?{}", query(&request.query)),
        };
        let mut builder = http::Request::builder().method(&request.method).uri(uri).header(HOST, &self.host);
        builder = headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
        if matches!(request.method, Method::PUT | Method::POST) {
            builder = builder.header(CONTENT_LENGTH, length);
        }
        let built = builder.header(USER_AGENT, "Madang").body(request.payload.body());
        built.map_err(|error| Failure::Unusable(format!("a request to the S3 store is invalid: {error}")))
    }

    pub(super) async fn read(&self, mut body: Incoming, most: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(&mut body).await? {
            if bytes.len() + piece.len() > most {
                return Err(Failure::Unusable("an answer of the S3 store is too long".into()));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Reads the next bytes of an answer; `None` at its end.
    pub(super) async fn piece(&self, body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
        loop {
            let frame = timeout(self.limits.answer, body.frame()).await;
            match frame.map_err(|_| Failure::Away("timed out".into()))? {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(data) = frame.map_err(broken)?.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// Returns a random pause before the next attempt, so that those who failed together do not come back together.
fn pause(first: Duration, attempt: u32) -> Duration {
    let longest = first.saturating_mul(1 << (attempt - 1).min(16)).min(MAX_PAUSE);
    let part = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
    longest.mul_f64(part)
}

/// The code of an error, as far as it is one: it comes from outside.
fn code_of(error: &Element) -> String {
    error.text("Code").chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// How far the clock of this machine is ahead of the one that answered.
fn clock_skew_ms(headers: &HeaderMap) -> i64 {
    let date = headers.get(DATE).and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    theirs.map_or(0, |theirs| now_ms() - theirs.as_millisecond())
}

/// Returns the SHA-256 of a part of a file. Blocks.
pub(super) fn sha256_of(path: &Path, start: u64, length: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(io::SeekFrom::Start(start))?;
    let mut digest = Sha256::new();
    io::copy(&mut file.take(length), &mut digest)?;
    Ok(hex(&digest.finalize()))
}
