//! `madang health`: asks the server of this machine whether it is ready, for containers without a shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(4);
/// Most bytes of an answer.
const MAX_ANSWER: u64 = 4 * 1024;

/// Asks the server that listens at this address. One that speaks HTTPS is only connected to: its certificate is for
/// another name.
///
/// # Errors
/// A sentence: it is not ready, or not there.
pub async fn health(bind: IpAddr, port: u16, has_tls: bool) -> Result<(), String> {
    let host = match bind {
        IpAddr::V4(bind) if bind.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(bind) if bind.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        bind => bind,
    };
    let at = SocketAddr::new(host, port);
    let asked = timeout(TIMEOUT, ask(at, has_tls)).await;
    let answer = asked.map_err(|_| format!("the server at {at} does not answer"))?;
    let answer = answer
        .map_err(|error| format!("no server answers at {at}: {error} (if it is at another port, pass --port)"))?;
    if has_tls || answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let why = answer.rsplit("\r\n").next().unwrap_or_default().trim();
    Err(format!("the server at {at} is not ready: {why}"))
}

async fn ask(at: SocketAddr, has_tls: bool) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at).await?;
    let mut answer = String::new();
    if !has_tls {
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        stream.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    }
    Ok(answer)
}
