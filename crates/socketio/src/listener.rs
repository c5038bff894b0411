//! The accept loop: HTTP/1.1 on plain TCP, within limits on heads, time and connections.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::{Body as HttpBody, Incoming as Body};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::address::{Addresses, Permit};
use crate::head::HeadWatch;
use crate::stream::Stream;

/// Limits of the accept loop.
#[derive(Clone)]
pub struct Limits {
    /// Connections of one address at a time; 0 for no limit.
    pub connections_per_address: usize,
    /// Addresses that count for many, proxies say, and are not limited.
    pub is_unlimited: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// How long a request's head may take, and a connection may idle between two.
    pub head_timeout: Duration,
    /// How long a peer may take no byte of an answer.
    pub write_timeout: Duration,
    /// Headers of one request; more get 431.
    pub max_headers: usize,
    /// Bytes of a request's head; more get 431.
    pub max_head: usize,
    /// How long requests under way may take at the end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
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

/// Accepts connections and answers their requests with `service`, until `shutdown` is ready and
/// the requests then under way are answered or their grace is over.
///
/// `service` gets the address of the TCP peer. What it gives back is sent as it is.
pub async fn serve<S, F, B>(listener: TcpListener, limits: Limits, service: S, shutdown: impl Future<Output = ()>)
where
    S: Fn(Request<Body>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: HttpBody + Default + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let addresses = Addresses::new(limits.connections_per_address);
    let unlimited = Addresses::new(0);
    let (stop, stopped) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (tcp, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        let counted = if (limits.is_unlimited)(peer.ip().to_canonical()) { &unlimited } else { &addresses };
        // Over the cap the connection is closed without a word: a word would cost what it saves.
        let Some(permit) = counted.acquire(peer.ip()) else { continue };
        let connection = Connection { limits: limits.clone(), stopped: stopped.clone(), peer };
        tokio::spawn(connection.run(tcp, permit, service.clone()));
    }
    drop(listener);
    drop(stopped);
    // A receiver marks its connection as still there: when the last has gone, so has the last request.
    let _ = stop.send(());
    let _ = tokio::time::timeout(limits.grace, stop.closed()).await;
}

/// Without a rest a process out of file handles would spin here.
async fn rest_after(error: &io::Error) {
    let is_of_the_peer = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !is_of_the_peer {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

struct Connection {
    limits: Limits,
    stopped: watch::Receiver<()>,
    peer: SocketAddr,
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
        // Without it small answers wait for the acknowledgement of those before.
        let _ = tcp.set_nodelay(true);
        let head = Arc::new(HeadWatch::default());
        let stream = Stream::new(tcp, permit, Arc::clone(&head), self.limits.write_timeout);
        let peer = self.peer;
        let service = service_fn(|request: Request<Body>| {
            let answer = head.begin_request().then(|| service(request, peer));
            let head = Arc::clone(&head);
            async move {
                let answer = match answer {
                    Some(answer) => answer.await,
                    None => ambiguous(),
                };
                if goes_on(&answer) {
                    head.expect_head();
                }
                Ok::<_, Infallible>(answer)
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
            // Errors are the peer's: it went away or sent what hyper has refused already.
            _ = connection.as_mut() => return,
            _ = self.stopped.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Whether another request may follow on the connection. If not, what still comes is the rest of a
/// body or another protocol, and no head.
fn goes_on<B>(answer: &Response<B>) -> bool {
    let is_closing = answer.headers().get(CONNECTION).is_some_and(|value| value == "close");
    answer.status() != StatusCode::SWITCHING_PROTOCOLS && !is_closing
}

/// The answer to a request that may hide another.
fn ambiguous<B: Default>() -> Response<B> {
    let mut answer = Response::new(B::default());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}
