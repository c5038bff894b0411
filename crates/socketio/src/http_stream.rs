//! The byte stream of a connection that speaks HTTP.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::address::Permit;
use crate::smuggling_guard::{BareLineFeed, HeadScanner, SmugglingGuard};

/// The response to a head with a bare line feed, written past hyper.
const BARE_LINE_FEED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A connection while it speaks HTTP.
///
/// It adds two checks that hyper does not have: heads are scanned for request smuggling, and a client
/// that reads no byte of a response for `write_timeout` is dropped.
#[derive(Debug)]
pub(crate) struct HttpStream {
    tcp: TcpStream,
    /// Kept with the stream and not with hyper's future, which ends at the upgrade.
    permit: Permit,
    guard: Arc<SmugglingGuard>,
    scanner: HeadScanner,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl HttpStream {
    pub(crate) fn new(tcp: TcpStream, permit: Permit, guard: Arc<SmugglingGuard>, write_timeout: Duration) -> Self {
        Self { tcp, permit, guard, scanner: HeadScanner::default(), write_timeout, stalled: None }
    }

    /// Takes the connection over from HTTP.
    pub(crate) fn into_parts(self) -> (TcpStream, Permit) {
        (self.tcp, self.permit)
    }

    fn watch_stall(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        let Self { tcp, guard, scanner, .. } = &mut *self;
        if guard.is_expecting_head()
            && let Err(BareLineFeed) = scanner.scan(&buf.filled()[before..], guard)
        {
            // The connection ends here either way; the response is a courtesy.
            let _ = tcp.try_write(BARE_LINE_FEED);
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.watch_stall(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.watch_stall(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
