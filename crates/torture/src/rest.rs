//! As much HTTP as is needed: one request on one connection, which may be cut under it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Outcome;

/// After so long without the end of an answer there will be none.
const PATIENCE: Duration = Duration::from_secs(8);

/// A server, or the proxy before it, as HTTP.
#[derive(Clone, Copy)]
pub(crate) struct Rest(pub(crate) SocketAddr);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Rest {
    /// Posts JSON and wants it done.
    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Outcome<Value> {
        let answer = self.send("POST", path, token, "application/json", body.to_string().as_bytes()).await?;
        match answer.status {
            200..300 => Ok(answer.json()),
            status => Err(format!("POST {path}: {status} {}", answer.text()).into()),
        }
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Outcome<Answer> {
        self.send("GET", path, token, "", &[]).await
    }

    /// Sends a file as a message.
    pub(crate) async fn post_file(
        &self,
        path: &str,
        token: &str,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Outcome<Answer> {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(b"--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"file.bin\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--cut--\r\n");
        self.send("POST", path, Some(token), "multipart/form-data; boundary=cut", &body).await
    }

    /// One exchange. An error means that nothing is known of it.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        content_type: &str,
        body: &[u8],
    ) -> Outcome<Answer> {
        let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let kind = if content_type.is_empty() { String::new() } else { format!("content-type: {content_type}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{bearer}{kind}content-length: {}\r\n\r\n",
            body.len()
        );
        let exchange = async {
            let mut stream = TcpStream::connect(self.0).await?;
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            read(&answer).ok_or_else(|| "the answer broke off".into())
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err("no answer came".into()))
    }
}

/// Reads a whole answer; `None` when a part of it is missing.
fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = &bytes[end + 4..];
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if header("transfer-encoding:") == Some("chunked") {
        return Some(Answer { status, body: unchunk(body)? });
    }
    let length = header("content-length:").map_or(Some(body.len()), |length| length.parse().ok())?;
    Some(Answer { status, body: body.get(..length)?.to_vec() })
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = bytes.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.extend(bytes.get(line + 2..line + 2 + length)?);
        bytes = bytes.get(line + 2 + length + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_breaks_off_is_none() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nbody";
        assert!(read(whole).is_some_and(|answer| answer.status == 201 && answer.body == b"body"));
        assert!(read(&whole[..whole.len() - 1]).is_none());
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n";
        assert!(read(chunked).is_some_and(|answer| answer.body == b"body"));
        assert!(read(&chunked[..chunked.len() - 8]).is_none());
    }
}
