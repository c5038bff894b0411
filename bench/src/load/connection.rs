//! One WebSocket connection, from the first packet of TCP to its end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mio::net::TcpStream;

use rustls::ClientConfig;

use super::frame;
use super::stream::Stream;
use crate::Outcome;

const UPGRADE: &[u8] =
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFkYW5nIGJlbmNoIG9rIQ==\r\n\r\n";

pub(crate) struct Connection {
    pub(super) stream: Stream,
    stage: Stage,
    /// The beginning of a frame that is not complete.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Upgrading,
    Open,
}

/// The result of one read.
pub(super) enum ReadResult {
    /// So many bytes of the buffer are to be parsed; `is_last` when no more are waiting.
    Bytes {
        count: usize,
        is_last: bool,
    },
    Nothing,
    Closed,
}

impl Connection {
    /// Starts to connect. The floor speaks no WebSocket.
    pub(super) fn start(
        port: u16,
        source: Option<Ipv4Addr>,
        receive_buffer: Option<usize>,
        is_websocket: bool,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Outcome<Self> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM.nonblocking(), None)?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_tcp_nodelay(true)?;
        // A bound socket takes a port that no other may use. An unbound one shares its port with
        // connections to other servers, and there are more connections than ports.
        if let Some(source) = source {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        let in_progress = rustix::io::Errno::INPROGRESS.raw_os_error();
        match socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()) {
            Err(error) if error.raw_os_error() != Some(in_progress) => return Err(error.into()),
            _ => {}
        }
        let stage = if is_websocket { Stage::Connecting } else { Stage::Open };
        Ok(Self { stream: Stream::new(TcpStream::from_std(socket.into()), tls)?, stage, partial: Vec::new() })
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(super) fn send(&mut self, packet: &str) -> std::io::Result<()> {
        self.stream.write_all(&frame::text(packet))
    }

    /// Reads one byte and returns how many there were; `None` when the connection has ended.
    pub(super) fn read_byte(&mut self) -> Option<u64> {
        match self.stream.read(&mut [0]) {
            Ok(0) => None,
            Ok(count) => Some(count as u64),
            Err(error) => (error.kind() == ErrorKind::WouldBlock).then_some(0),
        }
    }

    /// Requests the upgrade as soon as the connection stands; `false` when it failed.
    pub(super) fn upgrade(&mut self) -> bool {
        if self.stage != Stage::Connecting {
            return true;
        }
        if self.stream.socket.peer_addr().is_err() {
            return self.stream.socket.take_error().is_ok_and(|error| error.is_none());
        }
        self.stage = Stage::Upgrading;
        self.stream.write_all(UPGRADE).is_ok()
    }

    /// Reads into the buffer, behind what was left of the last read.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> ReadResult {
        let kept = self.partial.len();
        let is_short_last = self.stream.ends_with_a_short_read();
        match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => ReadResult::Closed,
            Ok(count) => {
                buffer[..kept].copy_from_slice(&self.partial);
                // Thousands of idle buffers would cost the generator much memory.
                self.partial = Vec::new();
                // A short read has emptied the stream: more bytes are a new readiness event.
                ReadResult::Bytes { count: kept + count, is_last: is_short_last && kept + count < buffer.len() }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => ReadResult::Nothing,
            Err(_) => ReadResult::Closed,
        }
    }

    /// Keeps the beginning of a frame for the next read.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.partial = bytes.to_vec();
        }
    }

    /// Returns the length of the upgrade's response, zero when there is none (any more), or the
    /// refusal.
    pub(super) fn take_response(&mut self, bytes: &[u8]) -> Result<usize, String> {
        if self.stage != Stage::Upgrading {
            return Ok(0);
        }
        let Some(end) = frame::find(bytes, b"\r\n\r\n") else { return Ok(0) };
        if !bytes.starts_with(b"HTTP/1.1 101") {
            return Err(format!("HTTP {}", String::from_utf8_lossy(bytes.get(9..12).unwrap_or_default())));
        }
        self.stage = Stage::Open;
        Ok(end + 4)
    }
}
