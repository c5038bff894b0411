//! A web server with one site. It records requests and sends the responses that a test wants.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::WORLD;

pub(super) const PAGE: &str = "<!doctype html><html><head><meta charset=utf-8><title>Jars</title>
    <meta property='og:title' content='장독대'><meta property='og:site_name' content='마당'>
    <meta name=description content='햇볕 드는 &quot;뒤뜰&quot;'></head><body>…</body></html>";

/// The response for the path of a request.
type Answering = fn(&str) -> Vec<u8>;

#[derive(Clone)]
enum Manner {
    Answers(Answering),
    /// Sends this and then data without end.
    Endless(&'static str),
    /// Sends this, one byte a second.
    Drips(&'static str),
}

pub(super) struct Web {
    pub(super) port: u16,
    host: IpAddr,
    scheme: &'static str,
    heard: Arc<Mutex<Vec<String>>>,
}

pub(super) fn html(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

impl Web {
    pub(super) async fn open(answering: Answering) -> Self {
        Self::open_at(WORLD, 0, answering).await
    }

    pub(super) async fn open_at(host: IpAddr, port: u16, answering: Answering) -> Self {
        Self::start(SocketAddr::new(host, port), Manner::Answers(answering), None).await
    }

    pub(super) async fn secure(acceptor: TlsAcceptor, answering: Answering) -> Self {
        Self::start(SocketAddr::new(WORLD, 0), Manner::Answers(answering), Some(acceptor)).await
    }

    pub(super) async fn endless(beginning: &'static str) -> Self {
        Self::start(SocketAddr::new(WORLD, 0), Manner::Endless(beginning), None).await
    }

    pub(super) async fn dripping(all: &'static str) -> Self {
        Self::start(SocketAddr::new(WORLD, 0), Manner::Drips(all), None).await
    }

    async fn start(address: SocketAddr, manner: Manner, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let heard = Arc::new(Mutex::default());
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let web = Self { port: listener.local_addr().unwrap().port(), host: address.ip(), scheme, heard };
        let heard = Arc::clone(&web.heard);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(welcome(stream, manner.clone(), acceptor.clone(), Arc::clone(&heard)));
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
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().clone()
    }
}

async fn welcome(
    stream: TcpStream,
    manner: Manner,
    acceptor: Option<TlsAcceptor>,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    match acceptor {
        Some(acceptor) => serve(acceptor.accept(stream).await?, manner, heard).await,
        None => serve(stream, manner, heard).await,
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    manner: Manner,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    heard.lock().push(head);
    match manner {
        Manner::Answers(answering) => stream.write_all(&answering(&path)).await?,
        Manner::Endless(beginning) => {
            stream.write_all(beginning.as_bytes()).await?;
            loop {
                stream.write_all(&[b' '; 4_096]).await?;
            }
        }
        Manner::Drips(all) => {
            for byte in all.bytes() {
                stream.write_u8(byte).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        }
    }
    stream.shutdown().await
}
