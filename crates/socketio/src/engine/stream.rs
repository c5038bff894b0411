//! The byte stream of a WebSocket connection.

use std::io::{self, IoSlice, Read};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::ServerConnection;

use crate::address::Permit;
use crate::engine::buffer::with_buffer;
use crate::engine::frame::{self, CloseCode};
use crate::engine::raw_socket::RawSocket;
use crate::engine::tls::Tls;

/// The kernel's send buffer of a WebSocket stream, in bytes. On loopback the default takes megabytes,
/// minutes of a busy room, before it refuses the first byte for a client that stopped reading.
const SEND_BUFFER: usize = 32 * 1024;

/// How long a closed connection stays open for its last bytes to arrive.
const LINGER: Duration = Duration::from_secs(1);

/// A connection after the upgrade to WebSocket. Its owner task reads; any task that sends writes,
/// under the lock of the session's send queue.
///
/// # Raw system calls
/// tokio caches whether a socket is readable or writable. [`WebSocketStream::write`] and
/// [`WebSocketStream::write_pieces`] call the kernel without asking that cache, which is in another
/// place of memory and nearly always says "writable". This is safe:
/// - The socket is non-blocking: a full send buffer is `WouldBlock` and never a wait.
/// - The cache may then say "writable" when it is not, but never the reverse. Only a tokio call that
///   gets `WouldBlock` clears it, and the kernel reports each change from full to writable, so no
///   wake-up is lost.
/// - What the kernel refused is queued, and the owner is woken to write it by
///   [`WebSocketStream::write_tracked`]. That is a tokio call: it clears the cache before the owner
///   waits, so the owner does not spin.
#[derive(Debug)]
pub(crate) struct WebSocketStream {
    tcp: TcpStream,
    /// Boxed, as most connections have none: they end at a proxy.
    tls: Option<Box<Tls>>,
    _permit: Permit,
}

impl WebSocketStream {
    pub(crate) fn new(tcp: TcpStream, tls: Option<ServerConnection>, permit: Permit) -> Self {
        // If it fails, slow clients are only noticed later.
        let _ = SockRef::from(&tcp).set_send_buffer_size(SEND_BUFFER);
        Self { tcp, tls: tls.map(|tls| Box::new(Tls::new(tls))), _permit: permit }
    }

    /// Writes bytes past tokio's cache.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.tls {
            None => SockRef::from(&self.tcp).send(bytes),
            Some(tls) => tls.write(&[IoSlice::new(bytes)], &mut RawSocket::new(&self.tcp)),
        }
    }

    /// Writes several slices past tokio's cache.
    pub(crate) fn write_pieces(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.tls {
            None => SockRef::from(&self.tcp).send_vectored(slices),
            Some(tls) => tls.write(slices, &mut RawSocket::new(&self.tcp)),
        }
    }

    /// Writes several slices and updates tokio's cache.
    pub(crate) fn write_tracked(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.tls {
            None => self.tcp.try_write_vectored(slices),
            Some(tls) => tls.write(slices, &mut RawSocket::tracked(&self.tcp)),
        }
    }

    /// Reads available bytes past tokio's cache.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.tls {
            None => (&*SockRef::from(&self.tcp)).read(buffer),
            Some(tls) => tls.read(buffer, &mut RawSocket::new(&self.tcp)),
        }
    }

    /// Reads available bytes. A read that leaves room in the buffer has emptied the socket, so tokio's
    /// cache is cleared at once, instead of by another read that finds nothing. tokio's own `AsyncRead`
    /// does the same: later bytes, and the end of the stream, set it again.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(tls) = &self.tls {
            return self.try_read_tls(tls, buffer);
        }
        let mut result = Err(io::ErrorKind::WouldBlock.into());
        let _ = self.tcp.try_io(Interest::READABLE, || {
            result = self.read(buffer);
            match &result {
                Ok(count) if *count == 0 || *count == buffer.len() => Ok(()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => Ok(()),
                _ => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
        result
    }

    fn try_read_tls(&self, tls: &Tls, buffer: &mut [u8]) -> io::Result<usize> {
        let mut result = None;
        let _ = self.tcp.try_io(Interest::READABLE, || {
            let mut socket = RawSocket::new(&self.tcp);
            result = Some(tls.read(buffer, &mut socket));
            if socket.is_emptied { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        result.unwrap_or_else(|| tls.read_plaintext(buffer))
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.tls.as_ref().is_some_and(|tls| tls.has_plaintext()) {
            return Poll::Ready(Ok(()));
        }
        self.tcp.poll_read_ready(cx)
    }

    pub(crate) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_write_ready(cx)
    }

    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.tcp.ready(interest).await
    }

    /// Sends a Close frame and waits a short time for the client to close as well.
    pub(crate) async fn close(self: Arc<Self>, code: CloseCode) {
        // Errors mean that the client is gone already.
        let frame = frame::close(code);
        let _ = match &self.tls {
            None => self.tcp.try_write(&frame).map(drop),
            Some(tls) => tls.close(&frame, &mut RawSocket::new(&self.tcp)),
        };
        let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Write);
        let _ = timeout(LINGER, self.discard()).await;
    }

    /// Reads to the end: unread bytes would turn the close into a reset, which may overtake the last
    /// bytes that were sent.
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

    /// Resets the connection, so that the kernel drops at once what the client has not read.
    pub(crate) fn abort(self: Arc<Self>) {
        let _ = SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO));
    }
}
