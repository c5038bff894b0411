//! One bounded HTTP exchange. Every redirect is checked like the first URL, and every step has a
//! limit of time and size.

use std::convert::Infallible;
use std::future::pending;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use url::{Position, Url};

use super::FetchError::{self, Permanent, Temporary};
use super::pool::HEAD_MAX;
use super::{Client, address};

const REDIRECTS: usize = 3;

/// The beginning of an HTML document, undecoded.
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: String,
}

enum Outcome {
    Document(Document),
    Redirect(Url),
}

/// Fetches the document of a URL, following at most three redirects.
pub(super) async fn document(client: &Client, mut url: Url) -> Result<Document, FetchError> {
    for _ in 0..=REDIRECTS {
        match exchange(client, &url).await? {
            Outcome::Document(document) => return Ok(document),
            Outcome::Redirect(next) => url = next,
        }
    }
    Err(Permanent("too many redirects"))
}

async fn exchange(client: &Client, url: &Url) -> Result<Outcome, FetchError> {
    let host = url.host().ok_or(Permanent("no host"))?.to_string();
    client.hosts.check(host).map_err(FetchError::Busy)?;
    let stream = client.connector.open(url).await?;
    request_document(client, url, TokioIo::new(stream)).await
}

async fn request_document(client: &Client, url: &Url, io: impl Read + Write + Unpin) -> Result<Outcome, FetchError> {
    let mut builder = http1::Builder::new();
    let opened = builder.max_buf_size(HEAD_MAX).handshake::<_, Empty<Bytes>>(io).await;
    let (mut sender, connection) = opened.map_err(|_| Temporary("no connection"))?;
    let outcome = async {
        let response = sender.send_request(request(url)?).await.map_err(|_| Temporary("no response"))?;
        interpret(client, url, response).await
    };
    // The connection may end before its response has been read, so its end must not win the select.
    let driver = async {
        let _ = connection.await;
        pending::<Infallible>().await
    };
    tokio::select! {
        outcome = outcome => outcome,
        never = driver => match never {},
    }
}

/// Builds a request that reveals nothing about the user: no cookie, no referrer, no language.
pub(crate) fn request(url: &Url) -> Result<Request<Empty<Bytes>>, FetchError> {
    Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, "Madang link preview")
        .header(ACCEPT, "text/html, application/xhtml+xml")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| Permanent("invalid URL"))
}

async fn interpret(client: &Client, url: &Url, response: Response<Incoming>) -> Result<Outcome, FetchError> {
    let status = response.status();
    if status.is_redirection() {
        let next = text(response.headers(), LOCATION).and_then(|location| address::follow(url, location));
        return next.map(Outcome::Redirect).ok_or(Permanent("invalid redirect"));
    }
    if status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) {
        return Err(Temporary("the host has an error"));
    }
    if status != StatusCode::OK {
        return Err(Permanent("no such page"));
    }
    // Nothing is decompressed: a few kilobytes could become gigabytes.
    if text(response.headers(), CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Permanent("compressed"));
    }
    let content_type = text(response.headers(), CONTENT_TYPE).unwrap_or_default().to_owned();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(essence.as_str(), "text/html" | "application/xhtml+xml") {
        return Err(Permanent("not HTML"));
    }
    Ok(Outcome::Document(Document {
        bytes: beginning(response.into_body(), client.connector.limits.body_max).await?,
        content_type,
    }))
}

/// Reads the beginning of a body, whatever its declared length: the head of a page comes first.
async fn beginning(mut body: Incoming, most: usize) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Temporary("the connection broke"))?.into_data() else { continue };
        bytes.extend_from_slice(&data[..data.len().min(most - bytes.len())]);
        if bytes.len() == most {
            break;
        }
    }
    Ok(bytes)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
