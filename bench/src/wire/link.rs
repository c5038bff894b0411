//! One connection to a server, from its first packet to its end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;

use mio::net::TcpStream;

use super::frame;
use crate::Outcome;

const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFkYW5nIGJlbmNoIG9rIQ==\r\n\r\n";

/// How a connection is made.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) port: u16,
    /// The address of our end, of the many that loopback has.
    pub(crate) source: Ipv4Addr,
    /// Bytes that may wait for us in the kernel; left out, as many as it likes.
    pub(crate) receive_buffer: Option<usize>,
    /// Whether the server speaks WebSocket; the floor only writes.
    pub(crate) is_websocket: bool,
}

impl Way {
    /// As everybody comes in.
    pub(crate) fn to(port: u16) -> Self {
        Self { port, source: Ipv4Addr::LOCALHOST, receive_buffer: None, is_websocket: true }
    }
}

pub(crate) struct Link {
    pub(super) stream: TcpStream,
    stage: Stage,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Upgrading,
    Open,
}

/// What has become of a connection after a look at it.
pub(crate) enum End {
    Open,
    Closed,
    /// It came to nothing, or whoever listens wants no more of it.
    Refused(String),
}

impl Link {
    /// Begins to connect.
    pub(super) fn new(way: Way) -> Outcome<Self> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM.nonblocking(), None)?;
        if let Some(bytes) = way.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_tcp_nodelay(true)?;
        // Who is bound has a port of their own among all; who only connects shares it with those who
        // connect elsewhere, and of these there are more than ports.
        if way.source != Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::from((way.source, 0)).into())?;
        }
        let under_way = rustix::io::Errno::INPROGRESS.raw_os_error();
        match socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, way.port)).into()) {
            Err(error) if error.raw_os_error() != Some(under_way) => return Err(error.into()),
            _ => {}
        }
        let stage = if way.is_websocket { Stage::Connecting } else { Stage::Open };
        Ok(Self { stream: TcpStream::from_std(socket.into()), stage, rest: Vec::new() })
    }

    /// Whether the session can be spoken in.
    pub(crate) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.stream.local_addr().ok()
    }

    /// Says a packet.
    pub(crate) fn say(&mut self, packet: &str) -> std::io::Result<()> {
        self.stream.write_all(&frame::text(packet))
    }

    /// Takes one byte of what waits, and gives how many there were; `None` when the other end is gone.
    pub(crate) fn sip(&mut self) -> Option<u64> {
        match self.stream.read(&mut [0]) {
            Ok(0) => None,
            Ok(count) => Some(count as u64),
            Err(error) => (error.kind() == ErrorKind::WouldBlock).then_some(0),
        }
    }

    /// Goes on with what the kernel says is ready. `hear` is given each frame's payload, the whole
    /// frame, and the connection to answer on; it breaks with the reason why it wants no more.
    pub(crate) fn go_on(
        &mut self,
        buffer: &mut [u8],
        mut hear: impl FnMut(&mut Speaker<'_>, &[u8], &[u8]) -> Outcome<ControlFlow<String>>,
    ) -> Outcome<End> {
        if self.stage == Stage::Connecting && !self.upgrade() {
            return Ok(End::Refused("not connected".to_owned()));
        }
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(End::Closed),
                Ok(count) => {
                    if let ControlFlow::Break(why) = self.take(&buffer[..count], &mut hear)? {
                        return Ok(End::Refused(why));
                    }
                    // A short read has emptied the stream: the next bytes are an event of their own.
                    if count < buffer.len() {
                        return Ok(End::Open);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(End::Open),
                Err(_) => return Ok(End::Closed),
            }
        }
    }

    /// Asks for the upgrade once the connection stands; `false` when it came to nothing.
    fn upgrade(&mut self) -> bool {
        if self.stream.peer_addr().is_err() {
            // Not yet, or never.
            return self.stream.take_error().is_ok_and(|error| error.is_none());
        }
        self.stage = Stage::Upgrading;
        self.stream.write_all(UPGRADE.as_bytes()).is_ok()
    }

    fn take(
        &mut self,
        bytes: &[u8],
        hear: &mut impl FnMut(&mut Speaker<'_>, &[u8], &[u8]) -> Outcome<ControlFlow<String>>,
    ) -> Outcome<ControlFlow<String>> {
        let mut rest = std::mem::take(&mut self.rest);
        let told = if rest.is_empty() {
            let (used, told) = self.frames(bytes, hear)?;
            rest.extend_from_slice(&bytes[used..]);
            told
        } else {
            rest.extend_from_slice(bytes);
            let (used, told) = self.frames(&rest, hear)?;
            rest.drain(..used);
            told
        };
        // Thousands of idle buffers would be the generator's own memory trouble.
        self.rest = if rest.is_empty() { Vec::new() } else { rest };
        Ok(told)
    }

    /// Hears the whole frames in `bytes`, and gives how many bytes they are.
    fn frames(
        &mut self,
        bytes: &[u8],
        hear: &mut impl FnMut(&mut Speaker<'_>, &[u8], &[u8]) -> Outcome<ControlFlow<String>>,
    ) -> Outcome<(usize, ControlFlow<String>)> {
        let mut used = 0;
        if self.stage == Stage::Upgrading {
            let Some(end) = frame::find(bytes, b"\r\n\r\n") else { return Ok((0, ControlFlow::Continue(()))) };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                let status = String::from_utf8_lossy(bytes.get(9..12).unwrap_or_default());
                return Ok((bytes.len(), ControlFlow::Break(format!("HTTP {status}"))));
            }
            self.stage = Stage::Open;
            used = end + 4;
        }
        while let Some((length, payload)) = frame::split(&bytes[used..]) {
            let told = hear(&mut Speaker(&mut self.stream), payload, &bytes[used..used + length])?;
            used += length;
            if told.is_break() {
                return Ok((used, told));
            }
        }
        Ok((used, ControlFlow::Continue(())))
    }
}

/// The way back on a connection whose frames are being heard.
pub(crate) struct Speaker<'a>(&'a mut TcpStream);

impl Speaker<'_> {
    pub(crate) fn say(&mut self, packet: &str) -> Outcome<()> {
        Ok(self.0.write_all(&frame::text(packet))?)
    }
}
