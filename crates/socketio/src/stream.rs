//! The byte streams under HTTP and WebSocket.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{RecvFlags, SendFlags};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

use crate::address::Permit;
use crate::frame::{self, CloseCode};
use crate::head::{BareLineFeed, HeadScan, HeadWatch};
use crate::websocket::with_buffer;

/// The kernel's send buffer of a WebSocket stream, in bytes. On loopback it would else swallow
/// megabytes, minutes of a busy room, before it refuses the first byte of a reader that stopped.
const SEND_BUFFER: usize = 32 * 1024;

/// How long a closed connection stays open for its last words to arrive.
const LINGER: Duration = Duration::from_secs(1);

/// What a head with a bare line feed is answered, past hyper.
const BARE_LINE_FEED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A connection while it speaks HTTP.
///
/// Two guards that hyper has not: heads are looked at for what smuggles requests, and a peer that
/// takes no bytes of an answer for `write_timeout` is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    /// Lives with the stream and not with hyper's future, which ends at the upgrade.
    permit: Permit,
    head: Arc<HeadWatch>,
    scan: HeadScan,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, permit: Permit, head: Arc<HeadWatch>, write_timeout: Duration) -> Self {
        Self { tcp, permit, head, scan: HeadScan::default(), write_timeout, stalled: None }
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
        let Self { tcp, head, scan, .. } = &mut *self;
        if head.is_expecting_head()
            && let Err(BareLineFeed) = scan.look(&buf.filled()[before..], head)
        {
            // The connection ends here either way; the answer is a courtesy.
            let _ = tcp.try_write(BARE_LINE_FEED);
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
    /// Writes past tokio's note of the stream's readiness, which lies elsewhere in memory and
    /// nearly always says yes. When the kernel refuses, the note is put right by the owner's
    /// first [`Wire::try_write_vectored`], before it waits. It is also the system call itself: the C
    /// library's makes a point of each where the thread may be cancelled, which none of ours ever is.
    /// Rust's runtime has the signal of a broken pipe ignored.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::net::send(&self.tcp, bytes, SendFlags::empty())?)
    }

    /// Past tokio's note too, for packets in pieces and for several at once.
    pub(crate) fn try_write_pieces(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        socket2::SockRef::from(&self.tcp).send_vectored(slices)
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.tcp.try_write_vectored(slices)
    }

    /// Reads what has come. A read that leaves room in the buffer has taken all there was, so tokio's note
    /// of the stream's readiness is taken back at once, instead of by another read that finds nothing.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = Err(io::ErrorKind::WouldBlock.into());
        let _ = self.tcp.try_io(Interest::READABLE, || {
            read = rustix::net::recv(&self.tcp, &mut *buffer, RecvFlags::empty())
                .map(|(_, count)| count)
                .map_err(io::Error::from);
            match &read {
                Ok(count) if *count == 0 || *count == buffer.len() => Ok(()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => Ok(()),
                _ => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
        read
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_read_ready(cx)
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_write_ready(cx)
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
