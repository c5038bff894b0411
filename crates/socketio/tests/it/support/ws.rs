//! A hand-written WebSocket client.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{Http, Polling, Response, soon};

/// Returns a masked frame with this first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0xa1, 0x52, 0x0d, 0x77];
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().enumerate().map(|(place, byte)| byte ^ MASK[place % 4]));
    frame
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    /// With its status code.
    Close(Option<u16>),
    /// The connection ended.
    End,
}

/// A WebSocket handshake.
#[derive(Clone, Debug)]
pub(crate) struct Upgrade {
    pub(crate) target: String,
    pub(crate) headers: String,
    /// Frames that go out together with the handshake.
    pub(crate) behind: Vec<u8>,
    /// Bytes of the receive buffer, for readers that stop early.
    pub(crate) receive_buffer: Option<usize>,
}

impl Default for Upgrade {
    fn default() -> Self {
        Self {
            target: "/socket.io/?EIO=4&transport=websocket".into(),
            headers: concat!(
                "connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-version: 13\r\n",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            )
            .into(),
            behind: Vec::new(),
            receive_buffer: None,
        }
    }
}

impl Upgrade {
    /// The upgrade of a polling session.
    pub(crate) fn of(polling: &Polling) -> Self {
        let plain = Self::default();
        let target = format!("{}&sid={}", plain.target, polling.sid);
        Self { target, headers: format!("{}{}", plain.headers, polling.headers), ..plain }
    }

    /// Connects; a response other than 101 is an error.
    pub(crate) async fn connect(&self, at: SocketAddr) -> Result<Ws, Response> {
        let mut http = Http::connect(at).await;
        if let Some(bytes) = self.receive_buffer {
            // Set before the connection is made, or the announced window is larger.
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(bytes as u32).unwrap();
            http.stream = socket.connect(at).await.unwrap();
        }
        let mut request = Http::encode_request(&format!("GET {}", self.target), &self.headers, "").into_bytes();
        request.extend(&self.behind);
        http.send(&request).await;
        let response = http.response().await.expect("a response");
        if response.status != 101 {
            return Err(response);
        }
        assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(response.header("sec-websocket-extensions"), None, "no extension is ever negotiated");
        let (stream, buffer) = http.into_parts();
        Ok(Ws { stream, buffer: BytesMut::from(&buffer[..]) })
    }
}

/// A connection that speaks WebSocket.
pub(crate) struct Ws {
    pub(crate) stream: TcpStream,
    buffer: BytesMut,
}

impl Ws {
    /// Opens a session and takes its `0`.
    pub(crate) async fn open(at: SocketAddr) -> Self {
        Self::open_with(at, &Upgrade::default()).await
    }

    pub(crate) async fn open_with(at: SocketAddr, upgrade: &Upgrade) -> Self {
        let mut ws = upgrade.connect(at).await.unwrap();
        let open = ws.text().await;
        assert!(open.starts_with("0{"), "{open}");
        ws
    }

    /// Opens a session and joins a namespace.
    pub(crate) async fn join(at: SocketAddr, namespace: &str) -> Self {
        let mut ws = Self::open(at).await;
        ws.enter(namespace, "").await;
        ws
    }

    /// Joins a namespace and returns the socket's id.
    pub(crate) async fn enter(&mut self, namespace: &str, auth: &str) -> String {
        let prefix = if namespace == "/" { String::new() } else { format!("{namespace},") };
        self.send(&format!("40{prefix}{auth}")).await;
        let answer = self.text().await;
        let sid = answer.strip_prefix(&format!("40{prefix}{{\"sid\":\"")).expect(&answer);
        sid.trim_end_matches("\"}").into()
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_frame(0x81, text.as_bytes()).await;
    }

    pub(crate) async fn send_frame(&mut self, first: u8, payload: &[u8]) {
        self.send_bytes(&frame(first, payload)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        // The server may have closed already; the test sees it when it reads.
        let _ = soon(self.stream.write_all(bytes)).await;
    }

    /// Returns the next frame. Dropping the future loses no bytes.
    pub(crate) async fn next(&mut self) -> Frame {
        soon(self.next_whenever()).await
    }

    pub(crate) async fn next_whenever(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.take() {
                return frame;
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Frame::End,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self) -> Option<Frame> {
        let (&first, &second) = (self.buffer.first()?, self.buffer.get(1)?);
        assert_eq!(second & 0x80, 0, "frames of a server are not masked");
        let (head, length) = match second {
            126 => (4, u16::from_be_bytes(self.buffer.get(2..4)?.try_into().unwrap()) as usize),
            127 => (10, u64::from_be_bytes(self.buffer.get(2..10)?.try_into().unwrap()) as usize),
            short => (2, short as usize),
        };
        let payload = self.buffer.get(head..head + length)?.to_vec();
        self.buffer.advance(head + length);
        Some(match first {
            0x81 => Frame::Text(String::from_utf8(payload).unwrap()),
            0x82 => Frame::Binary(payload),
            0x88 => Frame::Close(payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]))),
            0x8a => Frame::Pong(payload),
            other => panic!("a frame that starts with {other:#x}"),
        })
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Frame::Text(text) => text,
            other => panic!("expected text, got {other:?}"),
        }
    }

    /// Asserts that nothing arrives for a while.
    pub(crate) async fn silence(&mut self, time: Duration) {
        if let Ok(frame) = tokio::time::timeout(time, self.next_whenever()).await {
            panic!("expected nothing, got {frame:?}");
        }
    }

    /// Returns the status code of the Close frame, which must come next and be the last.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let Frame::Close(code) = self.next().await else { panic!("expected a Close frame") };
        assert_eq!(self.next().await, Frame::End);
        code.expect("a status code")
    }

    /// Returns the status code of the Close frame, skipping everything before it.
    pub(crate) async fn last_code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Frame::Close(code) => return code.expect("a status code"),
                Frame::End => panic!("expected a Close frame"),
                _ => {}
            }
        }
    }

    /// Waits for the end of the connection, skipping everything before it.
    pub(crate) async fn ended(&mut self) {
        while self.next().await != Frame::End {}
    }

    /// Resets the connection.
    pub(crate) fn cut(self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}
