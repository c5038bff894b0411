//! WebSocket frames as a client writes and reads them (RFC 6455), text and closing only.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// The other side closes, with this code.
    Close(u16),
}

/// The upgrade was refused with this status and body.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub text: String,
}

/// Asks for the upgrade of a fresh connection.
pub async fn open(
    mut stream: TcpStream,
    path: &str,
    headers: &[(String, String)],
) -> Result<(Reader, Writer), Refused> {
    let host = stream.peer_addr().unwrap();
    let mut head = format!("GET {path} HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n");
    head += "sec-websocket-version: 13\r\nsec-websocket-key: bWFkYW5nLW1hZGFuZy0xMg==\r\n";
    if !headers.iter().any(|(name, _)| name == "host") {
        head += &format!("host: {host}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = loop {
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut answer).await.unwrap_or(0) == 0 {
            return Err(Refused { status: 0, text: String::new() });
        }
    };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    if status != 101 {
        return Err(Refused { status, text: String::from_utf8_lossy(&answer[end + 4..]).into_owned() });
    }
    let (read, write) = stream.into_split();
    Ok((Reader { read, rest: answer.split_off(end + 4) }, Writer(write)))
}

pub struct Reader {
    read: OwnedReadHalf,
    rest: Vec<u8>,
}

impl Reader {
    /// The next frame; `None` when the connection is gone.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            let head = self.bytes(2).await?;
            let length = match head[1] & 127 {
                126 => u64::from(u16::from_be_bytes(self.bytes(2).await?.try_into().ok()?)),
                127 => u64::from_be_bytes(self.bytes(8).await?.try_into().ok()?),
                short => u64::from(short),
            };
            let body = self.bytes(length as usize).await?;
            match head[0] & 15 {
                TEXT => return Some(Frame::Text(String::from_utf8(body).expect("the server's text is UTF-8"))),
                CLOSE => {
                    let code = body.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                    return Some(Frame::Close(code));
                }
                PING => {}
                other => panic!("a frame of kind {other}"),
            }
        }
    }

    async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.rest.len() < count {
            if self.read.read_buf(&mut self.rest).await.ok()? == 0 {
                return None;
            }
        }
        let after = self.rest.split_off(count);
        Some(std::mem::replace(&mut self.rest, after))
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
        // Masked as a client must; a mask of zeroes leaves the text readable in a capture.
        frame.extend([0; 4]);
        frame.extend(body);
        self.0.write_all(&frame).await
    }
}
