//! The byte streams under HTTP and WebSocket.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

use crate::address::Permit;
use crate::frame::{self, CloseCode};
use crate::websocket::with_buffer;

/// The kernel's send buffer of a WebSocket stream, in bytes. On loopback it would else swallow
/// megabytes, minutes of a busy room, before it refuses the first byte of a reader that stopped.
const SEND_BUFFER: usize = 32 * 1024;

/// How long a closed connection stays open for its last words to arrive.
const LINGER: Duration = Duration::from_secs(1);

const BARE_LINE_FEED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A connection while it speaks HTTP.
///
/// Two guards that hyper has not: a head whose lines end in a bare line feed is refused (two
/// parsers that disagree on it are how requests are smuggled), and a peer that takes no bytes of
/// an answer for `write_timeout` is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    /// Lives with the stream and not with hyper's future, which ends at the upgrade.
    permit: Permit,
    head: Arc<HeadWatch>,
    last_four: u32,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

/// What stream and service know together of the requests on a connection.
///
/// The stream sees the bytes and not where a body ends; the service sees the requests and not
/// their bytes. So the stream looks at heads only while one is expected, and the service refuses
/// a request whose head was not looked at: one that came in the same breath as the end of the one
/// before. Pipelining is lost by that, which no browser, proxy or stock client uses.
#[derive(Debug, Default)]
pub(crate) struct HeadWatch {
    /// Set while the bytes to come are not a request's head.
    is_in_body: AtomicBool,
    heads: AtomicU32,
    requests: AtomicU32,
}

impl HeadWatch {
    /// A request has come; `false` when its head was not looked at.
    pub(crate) fn begin_request(&self) -> bool {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        requests <= self.heads.load(Ordering::Relaxed)
    }

    /// A request was answered, and the connection goes on.
    pub(crate) fn expect_head(&self) {
        self.is_in_body.store(false, Ordering::Relaxed);
    }
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, permit: Permit, head: Arc<HeadWatch>, write_timeout: Duration) -> Self {
        Self { tcp, permit, head, last_four: 0, write_timeout, stalled: None }
    }

    fn is_sound_head(&mut self, bytes: &[u8]) -> bool {
        const END_OF_HEAD: u32 = u32::from_be_bytes(*b"\r\n\r\n");
        for &byte in bytes {
            if byte == b'\n' && self.last_four as u8 != b'\r' {
                return false;
            }
            self.last_four = self.last_four << 8 | byte as u32;
            if self.last_four == END_OF_HEAD {
                self.last_four = 0;
                self.head.heads.fetch_add(1, Ordering::Relaxed);
                self.head.is_in_body.store(true, Ordering::Relaxed);
                break;
            }
        }
        true
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

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        if !self.head.is_in_body.load(Ordering::Relaxed) && !self.is_sound_head(&buf.filled()[before..]) {
            // The connection ends here either way; the answer is a courtesy.
            let _ = self.tcp.try_write(BARE_LINE_FEED);
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
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

/// A connection after the upgrade to WebSocket. Its owner reads; whoever has something to send
/// writes, under the lock of the session's outlet.
#[derive(Debug)]
pub(crate) struct Wire {
    tcp: TcpStream,
    _permit: Permit,
}

impl From<Stream> for Wire {
    fn from(stream: Stream) -> Self {
        // A smaller buffer is a wish: without it slow readers are only noticed later.
        let _ = SockRef::from(&stream.tcp).set_send_buffer_size(SEND_BUFFER);
        Self { tcp: stream.tcp, _permit: stream.permit }
    }
}

impl Wire {
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.try_write(bytes)
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.tcp.try_write_vectored(slices)
    }

    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.try_read(buffer)
    }

    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.tcp.ready(interest).await
    }

    /// Says goodbye behind what was written, and waits for the peer to do so too, not for long.
    pub(crate) async fn close(self: Arc<Self>, code: CloseCode) {
        // Errors mean that the peer is gone already, which is what was wanted.
        let _ = self.tcp.try_write(&frame::close(code));
        let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Write);
        let _ = timeout(LINGER, self.discard()).await;
    }

    /// Reads to the end: bytes left unread would turn the close into a reset, which may overtake
    /// our last words.
    async fn discard(&self) {
        while self.tcp.ready(Interest::READABLE).await.is_ok() {
            let more = with_buffer(|buffer| match self.tcp.try_read(buffer) {
                Ok(0) => false,
                Ok(_) => true,
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            });
            if !more {
                return;
            }
        }
    }

    /// Resets the connection, so that the kernel drops at once what the peer has not taken.
    pub(crate) fn abort(self: Arc<Self>) {
        let _ = SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO));
    }
}
