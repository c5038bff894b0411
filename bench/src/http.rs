//! A small blocking HTTP client: sets servers up, and loads pages on many connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::Outcome;
use crate::times::{Summary, Times};

/// Some pages of costly markup take seconds, and several of them wait for one core.
const READ_TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Http {
    pub(crate) fn connect(port: u16) -> Outcome<Self> {
        Self::connect_from(Ipv4Addr::LOCALHOST, port)
    }

    /// Connects from one of the many addresses of loopback.
    pub(crate) fn connect_from(source: Ipv4Addr, port: u16) -> Outcome<Self> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        // A bound socket takes a port that no other may use; see `load::Connection`.
        if source != Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), body: Vec::new() })
    }

    /// Posts JSON and returns the JSON of the response.
    pub(crate) fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Outcome<Value> {
        self.json(&post_request(path, token, body))
    }

    pub(crate) fn get(&mut self, path: &str, token: &str) -> Outcome<Value> {
        self.json(&get_request(path, token))
    }

    /// Sends a request and returns the status of the response.
    pub(crate) fn status(&mut self, request: &str) -> Outcome<u16> {
        self.exchange(request)
    }

    fn json(&mut self, request: &str) -> Outcome<Value> {
        let status = self.exchange(request)?;
        if !matches!(status, 200 | 201) {
            return Err(failure(request, status, &self.body).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Gets a whole page.
    pub(crate) fn page(&mut self, request: &str) -> Outcome<&[u8]> {
        match self.exchange(request)? {
            200 => Ok(&self.body),
            status => Err(failure(request, status, &[]).into()),
        }
    }

    fn exchange(&mut self, request: &str) -> Outcome<u16> {
        self.stream.get_ref().write_all(request.as_bytes())?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).unwrap_or_default().parse()?;
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let header = self.line()?.to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            is_chunked |= header.starts_with("transfer-encoding:") && header.ends_with("chunked");
        }
        self.body.clear();
        if !is_chunked {
            self.append(length)?;
            return Ok(status);
        }
        loop {
            let length = usize::from_str_radix(self.line()?.trim(), 16)?;
            self.append(length)?;
            self.line()?;
            if length == 0 {
                return Ok(status);
            }
        }
    }

    fn append(&mut self, length: usize) -> Outcome<()> {
        let start = self.body.len();
        self.body.resize(start + length, 0);
        Ok(self.stream.read_exact(&mut self.body[start..])?)
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A request of JSON, with a bearer token.
pub(crate) fn get_request(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// A request with a body of JSON.
pub(crate) fn post_request(path: &str, token: Option<&str>, body: &Value) -> String {
    let body = body.to_string();
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

fn failure(request: &str, status: u16, body: &[u8]) -> String {
    let line = request.split(" HTTP/1.1").next().unwrap_or_default();
    format!("{line}: {status} {}", String::from_utf8_lossy(body))
}

/// A request for a page, from a browser that has a cookie and may accept compression.
pub(crate) fn page_request(path: &str, cookie: &str, is_compressed: bool) -> String {
    let accept = if is_compressed { "Accept-Encoding: br, gzip\r\n" } else { "" };
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: madang_session={cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}{accept}\r\n")
}

/// Pages a second, and how long one took.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PageRate {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Requests pages for one window on so many connections, each one page after the other. Every
/// connection goes round the list of requests, from a place of its own.
pub(crate) fn load_pages(port: u16, connections: usize, window: Duration, requests: &[String]) -> Outcome<PageRate> {
    let until = Instant::now() + window;
    let all = in_parallel(connections, |connection| {
        let mut http = Http::connect(port)?;
        let mut times = Times::new()?;
        for request in requests.iter().cycle().skip(connection * requests.len() / connections) {
            let started = Instant::now();
            if started >= until {
                break;
            }
            http.page(request)?;
            // A page that comes after the window is not of it.
            if Instant::now() < until {
                times.record(started.elapsed());
            }
        }
        Ok(times)
    })?;
    let mut times = Times::new()?;
    for one in &all {
        times.0.add(&one.0)?;
    }
    let Summary { p50, p99, .. } = times.summary();
    Ok(PageRate { per_second: times.count() as f64 / window.as_secs_f64(), p50_ms: p50, p99_ms: p99 })
}

/// Runs `work` on so many threads and returns what each made.
pub(crate) fn in_parallel<T: Send>(threads: usize, work: impl Fn(usize) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let work = |thread| work(thread).map_err(|error| error.to_string());
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        started.into_iter().map(|thread| Ok(thread.join().map_err(|_| "a thread panicked")??)).collect()
    })
}
