//! The byte stream of a connection that speaks HTTP.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::rustls::ServerConnection;

use crate::address::Permit;
use crate::byte_stream::ByteStream;
use crate::request_scanner::{RequestScanner, SmugglingGuard};

/// How long the rest of a body is read, and thrown away, after the response to it.
const LINGER: Duration = Duration::from_secs(1);

/// A connection while it speaks HTTP.
///
/// It adds what hyper does not have: requests are scanned for smuggling, a client that reads no byte of
/// a response for `write_timeout` is dropped, and a response that leaves before its request's body has
/// arrived is not lost by the end of the connection.
#[derive(Debug)]
pub(crate) struct HttpStream {
    bytes: ByteStream,
    /// Kept with the stream and not with hyper's future, which ends at the upgrade.
    permit: Permit,
    guard: Arc<SmugglingGuard>,
    scanner: RequestScanner,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    linger: Option<Pin<Box<Sleep>>>,
}

impl HttpStream {
    pub(crate) fn new(bytes: ByteStream, permit: Permit, guard: Arc<SmugglingGuard>, write_timeout: Duration) -> Self {
        Self { bytes, permit, guard, scanner: RequestScanner::default(), write_timeout, stalled: None, linger: None }
    }

    /// Takes the connection over from HTTP.
    pub(crate) fn into_parts(self) -> (TcpStream, Option<ServerConnection>, Permit) {
        let (tcp, tls) = self.bytes.into_parts();
        (tcp, tls, self.permit)
    }

    /// Ends a write, or with TLS a flush, that makes no progress.
    fn watch_stall<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Reads to the end, for a short time: unread bytes would turn the close into a reset, which may
    /// overtake the response.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 4 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.bytes).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        self.linger.get_or_insert_with(|| Box::pin(sleep(LINGER))).as_mut().poll(cx)
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.bytes).poll_read(cx, buf))?;
        let Self { guard, scanner, .. } = &mut *self;
        scanner.scan(&buf.filled()[before..], guard);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.bytes).poll_write(cx, buf);
        self.watch_stall(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.bytes).poll_write_vectored(cx, bufs);
        self.watch_stall(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.bytes).poll_flush(cx);
        self.watch_stall(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.bytes).poll_shutdown(cx);
        ready!(self.watch_stall(cx, ended))?;
        if self.guard.is_in_body() { self.poll_discard(cx).map(Ok) } else { Poll::Ready(Ok(())) }
    }
}
