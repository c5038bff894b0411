//! WebSocket frames as a client writes and reads them (RFC 6455): text and close only.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A received frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// The server closes with this code.
    Close(u16),
}

/// A refused handshake. The status is 0 if the connection broke.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub text: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the handshake was refused with status {}: {}", self.status, self.text)
    }
}

impl std::error::Error for Refused {}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self { status: 0, text: error.to_string() }
    }
}

/// Upgrades a fresh connection.
pub async fn open(
    mut stream: TcpStream,
    path: &str,
    headers: &[(String, String)],
) -> Result<(Reader, Writer), Refused> {
    stream.set_nodelay(true)?;
    let host = stream.peer_addr()?;
    let mut head = format!("GET {path} HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n");
    head += "sec-websocket-version: 13\r\nsec-websocket-key: bWFkYW5nLW1hZGFuZy0xMg==\r\n";
    if !headers.iter().any(|(name, _)| name == "host") {
        head += &format!("host: {host}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).await?;
    let mut response = Vec::new();
    let end = loop {
        if let Some(end) = response.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut response).await? == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
    };
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    if status != 101 {
        return Err(Refused { status, text: String::from_utf8_lossy(&response[end + 4..]).into_owned() });
    }
    let (stream, write) = stream.into_split();
    Ok((Reader { stream, buffer: response.split_off(end + 4) }, Writer(write)))
}

pub struct Reader {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Reader {
    /// Returns the next frame, or `None` once the connection is gone. Cancelling loses nothing.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            while let Some((kind, body)) = self.take_frame() {
                match kind {
                    TEXT => return Some(Frame::Text(String::from_utf8(body).ok()?)),
                    CLOSE => {
                        let code = body.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                        return Some(Frame::Close(code));
                    }
                    PING | PONG => {}
                    other => panic!("a frame of kind {other}"),
                }
            }
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Takes a whole frame off the buffer. The server never masks.
    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.buffer.get(..2)?;
        let kind = head[0] & 15;
        let (start, length) = match head[1] & 127 {
            126 => (4, u64::from(u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.buffer.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let end = start + length as usize;
        let body = self.buffer.get(start..end)?.to_vec();
        self.buffer.drain(..end);
        Some((kind, body))
    }
}

pub struct Writer(OwnedWriteHalf);

impl Writer {
    pub async fn text(&mut self, text: &str) -> std::io::Result<()> {
        self.frame(TEXT, text.as_bytes()).await
    }

    pub async fn close(&mut self) -> std::io::Result<()> {
        self.frame(CLOSE, &1000u16.to_be_bytes()).await
    }

    async fn frame(&mut self, kind: u8, body: &[u8]) -> std::io::Result<()> {
        let mut frame = vec![0x80 | kind];
        match body.len() {
            short @ ..126 => frame.push(0x80 | short as u8),
            medium @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((medium as u16).to_be_bytes());
            }
            long => {
                frame.push(0x80 | 127);
                frame.extend((long as u64).to_be_bytes());
            }
        }
        // A client must mask. A mask of zeroes leaves the text readable in a capture.
        frame.extend([0; 4]);
        frame.extend(body);
        self.0.write_all(&frame).await
    }
}
