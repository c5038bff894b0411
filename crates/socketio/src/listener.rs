//! The accept loop: HTTP/1.1 on TCP, in plain or with TLS, with limits on heads, time and connections.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::{Body as HttpBody, Incoming as Body};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use crate::address::{AddressLimit, Permit};
use crate::byte_stream::ByteStream;
use crate::http_stream::HttpStream;
use crate::request_scanner::SmugglingGuard;

/// The address under which the connections of all addresses are counted.
const EVERYONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// Limits of the accept loop.
#[derive(Clone)]
pub struct Limits {
    /// Connections of all addresses at a time; 0 for no limit. It leaves file handles for everything else.
    pub connections: usize,
    /// Connections of one address at a time; 0 for no limit.
    pub connections_per_address: usize,
    /// Addresses that are not limited, such as proxies, behind which many clients are.
    pub is_unlimited: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// How long a request's head may take, and a connection may be idle between two requests.
    pub head_timeout: Duration,
    /// How long a client may read no byte of a response.
    pub write_timeout: Duration,
    /// Headers of one request; more get 431.
    pub max_headers: usize,
    /// Bytes of a request's head; more get 431.
    pub max_head: usize,
    /// How long requests in progress may take at shutdown.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 0,
            connections_per_address: 256,
            is_unlimited: Arc::new(|_| false),
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            max_headers: 100,
            max_head: 16 * 1024,
            grace: Duration::from_secs(5),
        }
    }
}

/// Bytes of responses that are encrypted before they leave.
const TLS_BUFFER: usize = 16 * 1024;
/// The response to plain HTTP where TLS is spoken. It ends with the connection.
const HTTPS_ONLY: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
                          This port speaks HTTPS. Use https:// instead of http://.\n";
/// Bytes that are read of such a request: an unread rest could make the client lose the response.
const PLAIN_MAX: u64 = 64 * 1024;
/// How long after a warning about too many connections comes the next.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// Where connections arrive, in plain or with TLS.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Speaks TLS on every connection.
    pub fn with_tls(tcp: TcpListener, config: Arc<ServerConfig>) -> Self {
        Self { tcp, tls: Some(TlsAcceptor::from(config)) }
    }
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None }
    }
}

/// Accepts connections and answers their requests with `service`, until `shutdown` is ready and
/// the requests then in progress are answered or their grace is over.
///
/// `service` gets the address of the TCP connection. Its response is sent unchanged.
pub async fn serve<S, F, B>(
    listener: impl Into<Listener>,
    limits: Limits,
    service: S,
    shutdown: impl Future<Output = ()>,
) where
    S: Fn(Request<Body>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: HttpBody + Default + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Listener { tcp: listener, tls } = listener.into();
    let limited = AddressLimit::new(limits.connections_per_address);
    let unlimited = AddressLimit::new(0);
    let all = AddressLimit::new(limits.connections);
    let mut warned_at: Option<Instant> = None;
    let (stop, stopped) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (tcp, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                back_off(&error).await;
                continue;
            }
        };
        let limit = if (limits.is_unlimited)(address.ip().to_canonical()) { &unlimited } else { &limited };
        // Over the limit the connection is closed without a response, which would cost what the limit saves.
        let Some(permit) = limit.acquire(address.ip()) else { continue };
        let Some(one_of_all) = all.acquire(EVERYONE) else {
            if warned_at.is_none_or(|at| at.elapsed() > WARN_AGAIN) {
                warned_at = Some(Instant::now());
                tracing::warn!(connections = limits.connections, "too many connections: new ones are closed");
            }
            continue;
        };
        let permit = permit.and(one_of_all);
        let connection = Connection { limits: limits.clone(), tls: tls.clone(), stopped: stopped.clone(), address };
        tokio::spawn(connection.run(tcp, permit, service.clone()));
    }
    drop(listener);
    drop(stopped);
    // Each connection holds a receiver: when the last one is dropped, no request is in progress.
    let _ = stop.send(());
    let _ = timeout(limits.grace, stop.closed()).await;
}

/// Waits after an error, as a process out of file handles would otherwise spin in the accept loop.
async fn back_off(error: &io::Error) {
    let is_of_the_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !is_of_the_client {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

struct Connection {
    limits: Limits,
    tls: Option<TlsAcceptor>,
    stopped: watch::Receiver<()>,
    address: SocketAddr,
}

impl Connection {
    async fn run<S, F, B>(mut self, tcp: TcpStream, permit: Permit, service: S)
    where
        S: Fn(Request<Body>, SocketAddr) -> F,
        F: Future<Output = Response<B>>,
        B: HttpBody + Default + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        // Without it small responses wait for the acknowledgement of earlier ones.
        let _ = tcp.set_nodelay(true);
        let Some(bytes) = self.secure(tcp).await else { return };
        let guard = Arc::new(SmugglingGuard::default());
        let stream = HttpStream::new(bytes, permit, Arc::clone(&guard), self.limits.write_timeout);
        let address = self.address;
        let service = service_fn(|request: Request<Body>| {
            let is_allowed = guard.begin_request() && names_one_host(&request);
            let response = is_allowed.then(|| service(request, address));
            let guard = Arc::clone(&guard);
            async move {
                let mut response = match response {
                    Some(response) => response.await,
                    None => ambiguous(),
                };
                if guard.is_in_body() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    // Answered before its body was read: the rest of it is not a request.
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_timeout)
            .max_headers(self.limits.max_headers)
            .max_buf_size(self.limits.max_head)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        tokio::select! {
            // Errors are the client's: it went away or sent what hyper has refused already.
            _ = connection.as_mut() => return,
            _ = self.stopped.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    /// Makes the TLS handshake, if there is to be one. It may take as long as a request's head.
    async fn secure(&self, tcp: TcpStream) -> Option<ByteStream> {
        let Some(tls) = &self.tls else { return Some(ByteStream::Plain(tcp)) };
        // Boxed, or each connection's task would be as large as a handshake.
        let handshake = Box::pin(timeout(self.limits.head_timeout, handshake(tls, tcp)));
        // Errors are the client's, most often one that does not trust the certificate.
        let mut stream = handshake.await.ok()?.ok()?;
        // What waits in rustls must leave within `write_timeout`: little, so that a slow client can take it.
        stream.get_mut().1.set_buffer_limit(Some(TLS_BUFFER));
        Some(ByteStream::Tls(Box::new(stream)))
    }
}

/// Performs the TLS handshake. A client that speaks HTTP is told to use HTTPS.
async fn handshake(tls: &TlsAcceptor, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let mut first = [0];
    tcp.peek(&mut first).await?;
    // A handshake begins with 22, a method of HTTP with a letter.
    if !first[0].is_ascii_uppercase() {
        return tls.accept(tcp).await;
    }
    Box::pin(refuse_plain(tcp)).await?;
    Err(io::ErrorKind::InvalidData.into())
}

async fn refuse_plain(mut tcp: TcpStream) -> io::Result<()> {
    tcp.write_all(HTTPS_ONLY.as_bytes()).await?;
    tcp.shutdown().await?;
    tokio::io::copy(&mut tcp.take(PLAIN_MAX), &mut tokio::io::sink()).await.map(drop)
}

/// Returns whether a request names its host once, as HTTP/1.1 requires (RFC 9112 section 3.2): with
/// two, a proxy in front may have checked the other one.
fn names_one_host(request: &Request<Body>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        count => count == 1,
    }
}

/// Returns the response to a request that may hide another.
fn ambiguous<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
