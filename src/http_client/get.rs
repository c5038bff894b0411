//! One bounded HTTP exchange. Every redirect is checked like the first URL, and every step has a
//! limit of time and size.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Position, Url};

use super::FetchError::{self, Permanent, Temporary};
use super::{Client, address};
use crate::network::NetworkLimits;

const REDIRECTS: usize = 3;
/// How many addresses of one host are tried.
const TRIES: usize = 3;
/// The maximum size of a response head in bytes.
pub(super) const HEAD_MAX: usize = 64 * 1024;

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
    let io = open(client, url).await?;
    request_document(client, url, io).await
}

/// A connection to a checked address.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Opens a connection to the host of a URL, with TLS for `https`.
pub(super) async fn open(client: &Client, url: &Url) -> Result<TokioIo<Box<dyn Stream>>, FetchError> {
    let host = url.host().ok_or(Permanent("no host"))?;
    if client.hosts.check(host.to_string()).is_err() {
        return Err(Temporary("too many requests to the host"));
    }
    let addresses = addresses(client, url, &host).await?;
    let stream = connect(client, url, &addresses).await?;
    if url.scheme() == "http" {
        let stream: Box<dyn Stream> = Box::new(stream);
        return Ok(TokioIo::new(stream));
    }
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Permanent("invalid host name"))?,
        Host::Ipv4(address) => IpAddr::from(address).into(),
        Host::Ipv6(address) => IpAddr::from(address).into(),
    };
    let stream = client.tls.connect(name, stream).await.map_err(|error| tls_error(&error))?;
    let stream: Box<dyn Stream> = Box::new(stream);
    Ok(TokioIo::new(stream))
}

/// An invalid certificate is permanent; a broken connection may be temporary.
fn tls_error(error: &io::Error) -> FetchError {
    let is_wrong = error.kind() == io::ErrorKind::InvalidData;
    if is_wrong { Permanent("no trusted TLS connection") } else { Temporary("no trusted TLS connection") }
}

/// Returns the addresses of the host. One forbidden address refuses the whole host: a name with
/// both a public and a private address is an attack.
async fn addresses(client: &Client, url: &Url, host: &Host<&str>) -> Result<Vec<IpAddr>, FetchError> {
    let addresses = match host {
        Host::Domain(name) => {
            (client.limits.resolve)(name).await.map_err(|_| Temporary("the host name does not resolve"))?
        }
        Host::Ipv4(address) => vec![IpAddr::from(*address)],
        Host::Ipv6(address) => vec![IpAddr::from(*address)],
    };
    let may = !addresses.is_empty() && addresses.iter().all(|&address| (client.limits.may_reach)(url, address));
    if may { Ok(addresses) } else { Err(Permanent("the host is not public")) }
}

/// Connects to one of the checked addresses. The name is not resolved again, because a second
/// response could differ (DNS rebinding).
async fn connect(client: &Client, url: &Url, addresses: &[IpAddr]) -> Result<TcpStream, FetchError> {
    let port = url.port_or_known_default().ok_or(Permanent("no port"))?;
    for &address in addresses.iter().take(TRIES) {
        // Of the other server, so the prefixes that the settings give for clients do not apply.
        if client.addresses.check(NetworkLimits::default().network(address)).is_err() {
            return Err(Temporary("too many requests to the address"));
        }
        let connecting = TcpStream::connect(SocketAddr::new(address, port));
        if let Ok(Ok(stream)) = timeout(client.limits.timeout / TRIES as u32, connecting).await {
            return Ok(stream);
        }
    }
    Err(Temporary("cannot connect"))
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
        bytes: beginning(response.into_body(), client.limits.body_max).await?,
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
