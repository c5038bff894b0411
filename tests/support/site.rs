//! A website whose pages people link to. It records the requests.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use super::TIMEOUT;

pub struct Site {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
    mode: watch::Sender<Mode>,
}

/// How it responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Open,
    /// Does not respond yet.
    Silent,
    /// Responds 503.
    Failing,
}

impl Site {
    /// Starts a site that responds. The title of a page is its path; `/none` is missing.
    pub async fn open() -> Self {
        let site = Self::silent().await;
        site.respond();
        site
    }

    /// Starts a site that does not respond before [`Site::respond`].
    pub async fn silent() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (mode, modes) = watch::channel(Mode::Silent);
        let (requests, more) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Notify>::default());
        let site = Self { address: listener.local_addr().unwrap(), requests, more, mode };
        let (requests, more) = (Arc::clone(&site.requests), Arc::clone(&site.more));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&requests), Arc::clone(&more), modes.clone()));
            }
        });
        site
    }

    /// Starts a site that responds 503 until [`Site::respond`].
    pub async fn failing() -> Self {
        let site = Self::silent().await;
        site.mode.send_replace(Mode::Failing);
        site
    }

    pub fn respond(&self) {
        self.mode.send_replace(Mode::Open);
    }

    /// Returns the address of a page.
    pub fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the requested paths so far, sorted.
    pub fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().clone();
        requests.sort();
        requests
    }

    /// Waits until a path was requested.
    pub async fn is_requested(&self, path: &str) {
        self.is_requested_times(path, 1).await;
    }

    /// Waits until a path was requested this many times.
    pub async fn is_requested_times(&self, path: &str, times: usize) {
        let requested = async {
            loop {
                let more = self.more.notified();
                if self.requests.lock().iter().filter(|request| *request == path).count() >= times {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout(TIMEOUT, requested).await.expect("the page is not requested");
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
    mut modes: watch::Receiver<Mode>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    requests.lock().push(path.clone());
    more.notify_waiters();
    // The site may have been dropped by now; then nobody waits for the response.
    let mode = modes.wait_for(|mode| *mode != Mode::Silent).await.map_or(Mode::Failing, |mode| *mode);
    if mode == Mode::Failing {
        return stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await;
    }
    if path == "/none" {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    }
    let description = "<meta name=description content='a &lt;b&gt;quiet&lt;/b&gt; page'>";
    let page = format!("<title>{path}\u{202e}</title>{description}<meta property=og:site_name content='Site'>");
    let response = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n{page}");
    stream.write_all(response.as_bytes()).await
}
