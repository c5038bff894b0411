//! The kernel's side of a connection, for TLS.

use std::io::{self, IoSlice, Read, Write};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Reads and writes a socket. See [`WebSocketStream`](crate::engine::stream::WebSocketStream) for why it
/// passes tokio's cache.
#[derive(Debug)]
pub(crate) struct RawSocket<'a> {
    tcp: &'a TcpStream,
    /// Whether writes update tokio's cache.
    is_tracked: bool,
    /// Whether a read has taken all that was there.
    pub(crate) is_emptied: bool,
}

impl<'a> RawSocket<'a> {
    pub(crate) fn new(tcp: &'a TcpStream) -> Self {
        Self { tcp, is_tracked: false, is_emptied: false }
    }

    pub(crate) fn tracked(tcp: &'a TcpStream) -> Self {
        Self { is_tracked: true, ..Self::new(tcp) }
    }
}

impl Read for RawSocket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = (&*SockRef::from(self.tcp)).read(buffer);
        self.is_emptied = match &result {
            // The end of the stream comes again with each read.
            Ok(count) => 0 < *count && *count < buffer.len(),
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        result
    }
}

impl Write for RawSocket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.is_tracked {
            return self.tcp.try_write_vectored(slices);
        }
        SockRef::from(self.tcp).send_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
