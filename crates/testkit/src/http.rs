//! HTTP/1.1, one connection per request. Nothing is added that a test did not ask for.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::TIMEOUT;

/// A request, built step by step.
pub struct Request {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(address: SocketAddr, method: &str, path: &str) -> Self {
        let headers = Vec::new();
        Self { address, method: method.into(), path: path.into(), headers, body: Vec::new() }
    }

    /// Adds a header. `Host`, `Connection` and `Content-Length` are sent anyway, unless given here.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_lowercase(), value.into()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("madang_session={token}"))
    }

    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sets a form as the body.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.body("application/x-www-form-urlencoded", form.finish())
    }

    /// Sets a multipart body of form fields and a file.
    pub fn multipart(self, file: Option<(&str, &[u8])>, fields: &[(&str, &str)]) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        if let Some((name, bytes)) = file {
            let head = format!("--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n");
            body.extend(format!("{head}content-type: application/octet-stream\r\n\r\n").bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--frontier--\r\n");
        self.body("multipart/form-data; boundary=frontier", body)
    }

    pub async fn send(self) -> Response {
        self.send_within(TIMEOUT).await.expect("no response")
    }

    /// Sends the request; the response is an error if it takes longer than this.
    pub async fn send_within(self, timeout: Duration) -> std::io::Result<Response> {
        tokio::time::timeout(timeout, self.try_send()).await?
    }

    /// Sends the request. An error means that it is unknown what became of it.
    pub async fn try_send(self) -> std::io::Result<Response> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(&self.head()).await?;
        // The server may respond and close before it has read the whole body.
        let _ = stream.write_all(&self.body).await;
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).await;
        if bytes.is_empty() {
            read?;
        }
        Response::parse(&bytes, self.method == "HEAD").ok_or(std::io::ErrorKind::UnexpectedEof.into())
    }

    fn head(&self) -> Vec<u8> {
        let has = |name: &str| self.headers.iter().any(|(given, _)| given == name);
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.path);
        if !has("host") {
            head += &format!("host: {}\r\n", self.address);
        }
        if !has("content-length") && !has("transfer-encoding") && (self.method != "GET" || !self.body.is_empty()) {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        (head + "\r\n").into_bytes()
    }
}

/// A whole response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Parses a whole response; `None` if a part of it is missing.
    fn parse(bytes: &[u8], is_head: bool) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let mut response = Self { status, headers, body: bytes[end + 4..].to_vec() };
        let length = response.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if is_head || matches!(status, 204 | 304) {
            return Some(response);
        }
        if response.header("transfer-encoding") == Some("chunked") {
            response.body = unchunk(&response.body)?;
        } else if length.is_some_and(|length| response.body.len() < length) {
            return None;
        }
        Some(response)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.text()))
    }

    /// Checks the status and parses the body, which may be empty.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that this is a problem document with this status and code, and returns it.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {}", self.status, self.text());
        let error = self.json();
        assert_eq!((self.status, error["code"].as_str()), (status, Some(code)), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        error
    }

    /// Checks that this redirects after a form, and returns the target.
    #[track_caller]
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").expect("a redirect without a location")
    }

    /// Returns the session token that the response sets as a cookie.
    pub fn session(&self) -> Option<String> {
        let cookie = self.header("set-cookie")?.strip_prefix("madang_session=")?;
        Some(cookie.split(';').next()?.to_owned())
    }
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}
