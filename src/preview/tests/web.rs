//! A web server with one site. It records requests and sends the responses that a test wants.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::PUBLIC;

pub(super) const PAGE: &str = "<!doctype html><html><head><meta charset=utf-8><title>Jars</title>
    <meta property='og:title' content='장독대'><meta property='og:site_name' content='마당'>
    <meta name=description content='햇볕 드는 &quot;뒤뜰&quot;'></head><body>…</body></html>";

/// The response for the path of a request.
type Respond = fn(&str) -> Vec<u8>;

#[derive(Clone)]
enum Behaviour {
    Responds(Respond),
    /// Sends this and then data without end.
    Endless(&'static str),
    /// Sends this, one byte a second.
    Drips(&'static str),
}

pub(super) struct Web {
    pub(super) port: u16,
    host: IpAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<String>>>,
}

pub(super) fn html(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

impl Web {
    pub(super) async fn open(respond: Respond) -> Self {
        Self::open_at(PUBLIC, 0, respond).await
    }

    pub(super) async fn open_at(host: IpAddr, port: u16, respond: Respond) -> Self {
        Self::start(SocketAddr::new(host, port), Behaviour::Responds(respond), None).await
    }

    pub(super) async fn secure(acceptor: TlsAcceptor, respond: Respond) -> Self {
        Self::start(SocketAddr::new(PUBLIC, 0), Behaviour::Responds(respond), Some(acceptor)).await
    }

    pub(super) async fn endless(beginning: &'static str) -> Self {
        Self::start(SocketAddr::new(PUBLIC, 0), Behaviour::Endless(beginning), None).await
    }

    pub(super) async fn dripping(all: &'static str) -> Self {
        Self::start(SocketAddr::new(PUBLIC, 0), Behaviour::Drips(all), None).await
    }

    async fn start(address: SocketAddr, behaviour: Behaviour, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let requests = Arc::new(Mutex::default());
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let web = Self { port: listener.local_addr().unwrap().port(), host: address.ip(), scheme, requests };
        let requests = Arc::clone(&web.requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(welcome(stream, behaviour.clone(), acceptor.clone(), Arc::clone(&requests)));
            }
        });
        web
    }

    /// Returns the URL of a path on this server.
    pub(super) fn at(&self, path: &str) -> String {
        self.named(&self.host.to_string(), path)
    }

    pub(super) fn named(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.port)
    }

    /// Returns the heads of all requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().clone()
    }
}

async fn welcome(
    stream: TcpStream,
    behaviour: Behaviour,
    acceptor: Option<TlsAcceptor>,
    requests: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    match acceptor {
        Some(acceptor) => serve(acceptor.accept(stream).await?, behaviour, requests).await,
        None => serve(stream, behaviour, requests).await,
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    behaviour: Behaviour,
    requests: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    requests.lock().push(head);
    match behaviour {
        Behaviour::Responds(respond) => stream.write_all(&respond(&path)).await?,
        Behaviour::Endless(beginning) => {
            stream.write_all(beginning.as_bytes()).await?;
            loop {
                stream.write_all(&[b' '; 4_096]).await?;
            }
        }
        Behaviour::Drips(all) => {
            for byte in all.bytes() {
                stream.write_u8(byte).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        }
    }
    stream.shutdown().await
}
