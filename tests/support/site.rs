//! Somebody else's site, whose pages people link to. It tells what it was asked for.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use super::PATIENCE;

pub struct Site {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
    is_open: watch::Sender<bool>,
}

impl Site {
    /// A site whose pages have their path for a title, and which answers at once.
    pub async fn open() -> Self {
        let site = Self::closed().await;
        site.answer();
        site
    }

    /// A site that does not answer before [`Site::answer`].
    pub async fn closed() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (is_open, opens) = watch::channel(false);
        let (asked, more) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Notify>::default());
        let site = Self { address: listener.local_addr().unwrap(), asked, more, is_open };
        let (asked, more) = (Arc::clone(&site.asked), Arc::clone(&site.more));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&more), opens.clone()));
            }
        });
        site
    }

    pub fn answer(&self) {
        self.is_open.send_replace(true);
    }

    /// The address of one of its pages.
    pub fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths asked for so far, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().clone();
        asked.sort();
        asked
    }

    /// Waits until a path was asked for.
    pub async fn is_asked(&self, path: &str) {
        let asked = async {
            loop {
                let more = self.more.notified();
                if self.asked.lock().iter().any(|asked| asked == path) {
                    return;
                }
                more.await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("nobody asks for the page");
    }
}

async fn serve(
    mut stream: TcpStream,
    asked: Arc<Mutex<Vec<String>>>,
    more: Arc<Notify>,
    mut opens: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().push(path.clone());
    more.notify_waiters();
    // The site itself may be gone by now, and then nobody waits for its answer.
    let _ = opens.wait_for(|is_open| *is_open).await;
    let description = "<meta name=description content='a &lt;b&gt;quiet&lt;/b&gt; page'>";
    let page = format!("<title>{path}\u{202e}</title>{description}<meta property=og:site_name content='Site'>");
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n{page}");
    stream.write_all(answer.as_bytes()).await
}
