//! A hand-written HTTP/1.1 client.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::soon;

/// A connection that speaks HTTP.
pub(crate) struct Http {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the status and the number of an Engine.IO error.
    pub(crate) fn code(&self) -> (u16, u64) {
        (self.status, self.json()["code"].as_u64().unwrap())
    }
}

impl Http {
    pub(crate) async fn connect(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).await.unwrap();
        // Otherwise small frames wait for the acknowledgement of earlier ones.
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a request with its headers and body, `\r\n` after each header.
    pub(crate) async fn request(&mut self, line: &str, headers: &str, body: &str) -> Response {
        self.send(Self::encode_request(line, headers, body)).await;
        self.response().await.expect("a response")
    }

    pub(crate) fn encode_request(line: &str, headers: &str, body: &str) -> String {
        let length = match line.starts_with("GET") {
            true => String::new(),
            false => format!("content-length: {}\r\n", body.len()),
        };
        format!("{line} HTTP/1.1\r\nhost: madang.test\r\n{headers}{length}\r\n{body}")
    }

    /// Returns the next response, or `None` when the connection ends before it.
    pub(crate) async fn response(&mut self) -> Option<Response> {
        soon(async {
            loop {
                if let Some(response) = self.take() {
                    return Some(response);
                }
                match self.stream.read_buf(&mut self.buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        })
        .await
    }

    fn take(&mut self) -> Option<Response> {
        let end = self.buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Response { status, head, body: String::new() };
        let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        let body = self.buffer.get(end..end + length)?;
        response.body = String::from_utf8(body.to_vec()).unwrap();
        self.buffer.drain(..end + length);
        Some(response)
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = soon(self.stream.read_to_end(&mut rest)).await;
    }

    /// Returns the stream, and what was read after the last response.
    pub(crate) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.buffer)
    }
}

pub(crate) async fn get(at: SocketAddr, target: &str, headers: &str) -> Response {
    Http::connect(at).await.request(&format!("GET {target}"), headers, "").await
}

/// A polling session: each request on a connection of its own, as browsers may do it.
#[derive(Clone, Debug)]
pub(crate) struct Polling {
    pub(crate) at: SocketAddr,
    pub(crate) sid: String,
    /// Sent with each request.
    pub(crate) headers: String,
}

impl Polling {
    pub(crate) async fn open(at: SocketAddr) -> Self {
        Self::open_with(at, "").await
    }

    pub(crate) async fn open_with(at: SocketAddr, headers: &str) -> Self {
        let response = get(at, "/socket.io/?EIO=4&transport=polling", headers).await;
        assert_eq!(response.status, 200, "{response:?}");
        let open: serde_json::Value = serde_json::from_str(response.body.strip_prefix('0').unwrap()).unwrap();
        Self { at, sid: open["sid"].as_str().unwrap().into(), headers: headers.into() }
    }

    pub(crate) fn target(&self) -> String {
        format!("/socket.io/?EIO=4&transport=polling&sid={}", self.sid)
    }

    /// Sends a poll without waiting for its response.
    pub(crate) async fn start_poll(&self) -> Http {
        let mut http = Http::connect(self.at).await;
        http.send(Http::encode_request(&format!("GET {}", self.target()), &self.headers, "")).await;
        http
    }

    pub(crate) async fn poll(&self) -> Response {
        self.start_poll().await.response().await.expect("a response")
    }

    pub(crate) async fn post(&self, body: &str) -> Response {
        let mut http = Http::connect(self.at).await;
        http.request(&format!("POST {}", self.target()), &self.headers, body).await
    }

    /// Joins a namespace and takes the response.
    pub(crate) async fn join(&self, namespace: &str) {
        assert_eq!(self.post(&format!("40{namespace},")).await.status, 200);
        let joined = self.poll().await.body;
        assert!(joined.starts_with("40"), "{joined}");
    }

    /// Returns whether the session has ended.
    pub(crate) async fn is_gone(&self) -> bool {
        let response = self.post("3").await;
        response.status == 400 && response.code() == (400, 1)
    }
}
