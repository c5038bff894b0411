//! As much HTTP as the set-up needs: one request after the other on one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::Value;

use crate::Outcome;

pub(crate) struct Rest {
    stream: BufReader<TcpStream>,
}

impl Rest {
    pub(crate) fn connect(port: u16) -> Outcome<Self> {
        Self::connect_from(Ipv4Addr::LOCALHOST, port)
    }

    /// As somebody of another address, of the many that loopback has.
    pub(crate) fn connect_from(source: Ipv4Addr, port: u16) -> Outcome<Self> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        // See `wire::Link`.
        if source != Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Posts JSON and gives the JSON of the answer.
    pub(crate) fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Outcome<Value> {
        let body = body.to_string();
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let (status, answer) = self.exchange(&(head + &body))?;
        if status != 201 {
            return Err(format!("POST {path}: {status} {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Gets JSON.
    pub(crate) fn get(&mut self, path: &str, token: &str) -> Outcome<Value> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
        let (status, answer) = self.exchange(&head)?;
        if status != 200 {
            return Err(format!("GET {path}: {status} {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Gets a page whole, as a stranger sees it.
    pub(crate) fn page(&mut self, path: &str) -> Outcome<Vec<u8>> {
        self.page_with(path, &[])
    }

    /// Gets a page whole, with some header lines besides.
    pub(crate) fn page_with(&mut self, path: &str, headers: &[String]) -> Outcome<Vec<u8>> {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let (status, page) = self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"))?;
        if status == 200 { Ok(page) } else { Err(format!("GET {path}: {status}").into()) }
    }

    fn exchange(&mut self, request: &str) -> Outcome<(u16, Vec<u8>)> {
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
        let body = if is_chunked { self.chunks()? } else { self.take(length)? };
        Ok((status, body))
    }

    fn take(&mut self, length: usize) -> Outcome<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    /// A body in chunks, each behind its length.
    fn chunks(&mut self) -> Outcome<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(self.line()?.trim(), 16)?;
            body.extend(self.take(length)?);
            self.line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}
