//! One document, fetched: every step to it is checked anew, and none takes more than it is given.

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
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Position, Url};

use super::Missing::{self, ForGood, ForNow};
use super::{Fetcher, address};

const REDIRECTS: usize = 3;
/// Addresses of one host that are tried.
const TRIES: usize = 3;
/// Bytes of an answer's head.
const HEAD_MAX: usize = 64 * 1024;

/// The beginning of an HTML document, as it came.
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: String,
}

enum Answer {
    Document(Document),
    Elsewhere(Url),
}

/// The document of an address, over at most three redirects.
pub(super) async fn document(fetcher: &Fetcher, mut url: Url) -> Result<Document, Missing> {
    for _ in 0..=REDIRECTS {
        match exchange(fetcher, &url).await? {
            Answer::Document(document) => return Ok(document),
            Answer::Elsewhere(next) => url = next,
        }
    }
    Err(ForGood("too many redirects"))
}

async fn exchange(fetcher: &Fetcher, url: &Url) -> Result<Answer, Missing> {
    let host = url.host().ok_or(ForGood("no host"))?;
    if fetcher.hosts.check_key(&host.to_string()).is_err() {
        return Err(ForNow("the host was asked often enough for now"));
    }
    let addresses = addresses(fetcher, url, &host).await?;
    let stream = connect(fetcher, url, &addresses).await?;
    if url.scheme() == "http" {
        return talk(fetcher, url, TokioIo::new(stream)).await;
    }
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| ForGood("no name of a host"))?,
        Host::Ipv4(address) => IpAddr::from(address).into(),
        Host::Ipv6(address) => IpAddr::from(address).into(),
    };
    let stream = fetcher.tls.connect(name, stream).await.map_err(|error| untrusted(&error))?;
    talk(fetcher, url, TokioIo::new(stream)).await
}

/// A certificate that is wrong stays so; a connection that broke off need not.
fn untrusted(error: &io::Error) -> Missing {
    let is_wrong = error.kind() == io::ErrorKind::InvalidData;
    if is_wrong { ForGood("no trusted connection") } else { ForNow("no trusted connection") }
}

/// What the host answers to. One address that may not be reached refuses the host as a whole: who
/// names both a public and a private one wants us at the second.
async fn addresses(fetcher: &Fetcher, url: &Url, host: &Host<&str>) -> Result<Vec<IpAddr>, Missing> {
    let addresses = match host {
        Host::Domain(name) => (fetcher.limits.resolve)(name).await.map_err(|_| ForNow("the host is not known"))?,
        Host::Ipv4(address) => vec![IpAddr::from(*address)],
        Host::Ipv6(address) => vec![IpAddr::from(*address)],
    };
    let may = !addresses.is_empty() && addresses.iter().all(|&address| (fetcher.limits.may_reach)(url, address));
    if may { Ok(addresses) } else { Err(ForGood("the host must not be reached")) }
}

/// Connects to one of the addresses that were checked, and so to no other: the host's name is not
/// looked up a second time, when it might answer differently.
async fn connect(fetcher: &Fetcher, url: &Url, addresses: &[IpAddr]) -> Result<TcpStream, Missing> {
    let port = url.port_or_known_default().ok_or(ForGood("no port"))?;
    for &address in addresses.iter().take(TRIES) {
        let connecting = TcpStream::connect(SocketAddr::new(address, port));
        if let Ok(Ok(stream)) = timeout(fetcher.limits.timeout / TRIES as u32, connecting).await {
            return Ok(stream);
        }
    }
    Err(ForNow("the host cannot be reached"))
}

async fn talk(fetcher: &Fetcher, url: &Url, io: impl Read + Write + Unpin) -> Result<Answer, Missing> {
    let mut builder = http1::Builder::new();
    let opened = builder.max_buf_size(HEAD_MAX).handshake::<_, Empty<Bytes>>(io).await;
    let (mut sender, connection) = opened.map_err(|_| ForNow("no connection"))?;
    let asked = async {
        let answer = sender.send_request(request(url)?).await.map_err(|_| ForNow("no answer"))?;
        understood(fetcher, url, answer).await
    };
    // The connection's end does not end the reading: what it brought may still wait to be read.
    let kept_going = async {
        let _ = connection.await;
        pending::<Infallible>().await
    };
    tokio::select! {
        answer = asked => answer,
        never = kept_going => match never {},
    }
}

/// A request that tells nothing of who wants to know: no cookie, no referrer, no language.
pub(crate) fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Missing> {
    Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, "Madang link preview")
        .header(ACCEPT, "text/html, application/xhtml+xml")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| ForGood("no address to ask for"))
}

async fn understood(fetcher: &Fetcher, url: &Url, answer: Response<Incoming>) -> Result<Answer, Missing> {
    let status = answer.status();
    if status.is_redirection() {
        let next = text(answer.headers(), LOCATION).and_then(|location| address::follow(url, location));
        return next.map(Answer::Elsewhere).ok_or(ForGood("a redirect to nowhere"));
    }
    if status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) {
        return Err(ForNow("the host is in trouble"));
    }
    if status != StatusCode::OK {
        return Err(ForGood("no such page"));
    }
    // Nothing is unpacked: a few kilobytes could become gigabytes.
    if text(answer.headers(), CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(ForGood("packed"));
    }
    let content_type = text(answer.headers(), CONTENT_TYPE).unwrap_or_default().to_owned();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(essence.as_str(), "text/html" | "application/xhtml+xml") {
        return Err(ForGood("not a page"));
    }
    Ok(Answer::Document(Document {
        bytes: beginning(answer.into_body(), fetcher.limits.body_max).await?,
        content_type,
    }))
}

/// As much of a body as may be read, whatever length was said: the head of a page comes first.
async fn beginning(mut body: Incoming, most: usize) -> Result<Vec<u8>, Missing> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ForNow("broken off"))?.into_data() else { continue };
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
