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
    mood: watch::Sender<Mood>,
}

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Open,
    /// Not at all, for now.
    Closed,
    /// That it cannot, for now.
    InTrouble,
}

impl Site {
    /// A site whose pages have their path for a title, but for `/none`, which is none; it answers at
    /// once.
    pub async fn open() -> Self {
        let site = Self::closed().await;
        site.answer();
        site
    }

    /// A site that does not answer before [`Site::answer`].
    pub async fn closed() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (mood, moods) = watch::channel(Mood::Closed);
        let (asked, more) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Notify>::default());
        let site = Self { address: listener.local_addr().unwrap(), asked, more, mood };
        let (asked, more) = (Arc::clone(&site.asked), Arc::clone(&site.more));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&more), moods.clone()));
            }
        });
        site
    }

    /// A site that is in trouble until [`Site::answer`], and says so.
    pub async fn in_trouble() -> Self {
        let site = Self::closed().await;
        site.mood.send_replace(Mood::InTrouble);
        site
    }

    pub fn answer(&self) {
        self.mood.send_replace(Mood::Open);
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
        self.is_asked_often(path, 1).await;
    }

    /// Waits until a path was asked for so many times.
    pub async fn is_asked_often(&self, path: &str, times: usize) {
        let asked = async {
            loop {
                let more = self.more.notified();
                if self.asked.lock().iter().filter(|asked| *asked == path).count() >= times {
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
    mut moods: watch::Receiver<Mood>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().push(path.clone());
    more.notify_waiters();
    // The site itself may be gone by now, and then nobody waits for its answer.
    let mood = moods.wait_for(|mood| *mood != Mood::Closed).await.map_or(Mood::InTrouble, |mood| *mood);
    if mood == Mood::InTrouble {
        return stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await;
    }
    if path == "/none" {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    }
    let description = "<meta name=description content='a &lt;b&gt;quiet&lt;/b&gt; page'>";
    let page = format!("<title>{path}\u{202e}</title>{description}<meta property=og:site_name content='Site'>");
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n{page}");
    stream.write_all(answer.as_bytes()).await
}
