//! Connections that are kept for the next request to the same host. Each was opened to an address that was checked, and stays
//! connected to that address whatever its name resolves to later.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tower::Service;
use url::Url;

use super::FetchError;
use super::connect::{Connector, Stream};

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// The maximum size of a response head in bytes.
pub(super) const HEAD_MAX: usize = 64 * 1024;

pub(super) type Pool = legacy::Client<Opener, Full<Bytes>>;

/// Returns a pool that keeps at most `idle_max` idle connections to a host.
pub(super) fn new(connector: Arc<Connector>, idle_max: usize) -> Pool {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle_max)
        .http1_max_buf_size(HEAD_MAX)
        .build(Opener(connector))
}

/// Opens the connections of a pool.
#[derive(Clone)]
pub(super) struct Opener(Arc<Connector>);

impl Service<Uri> for Opener {
    type Response = TokioIo<Kept>;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, FetchError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = Arc::clone(&self.0);
        Box::pin(async move {
            let url = Url::parse(&uri.to_string()).map_err(|_| FetchError::Permanent("invalid URL"))?;
            // It may go on without the request that asked for it.
            let opened = timeout(connector.limits.timeout, connector.open(&url)).await;
            Ok(TokioIo::new(Kept(opened.map_err(|_| FetchError::Temporary("timed out"))??)))
        })
    }
}

/// A connection of a pool.
pub(super) struct Kept(Box<dyn Stream>);

impl Connection for Kept {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Kept {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Kept {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
