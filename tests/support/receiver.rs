//! A program that receives what this server posts. It records the requests and answers with the statuses it is given.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::TIMEOUT;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

pub struct Receiver {
    address: SocketAddr,
    answers: Arc<Mutex<VecDeque<String>>>,
    received: mpsc::Receiver<Received>,
}

impl Receiver {
    /// Starts a receiver that answers 200.
    pub async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (sender, received) = mpsc::channel(256);
        let answers = Arc::<Mutex<VecDeque<String>>>::default();
        let receiver = Self { address: listener.local_addr().unwrap(), answers: Arc::clone(&answers), received };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone(), Arc::clone(&answers)));
            }
        });
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests with these lines of status and headers.
    pub fn answer(&self, lines: impl IntoIterator<Item = &'static str>) {
        self.answers.lock().extend(lines.into_iter().map(str::to_owned));
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Received {
        tokio::time::timeout(TIMEOUT, self.received.recv()).await.expect("nothing is received").unwrap()
    }

    /// Whether nothing has come that was not taken.
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

async fn serve(
    stream: TcpStream,
    sender: mpsc::Sender<Received>,
    answers: Arc<Mutex<VecDeque<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut path, mut headers, mut line) = (String::new(), HeaderMap::new(), String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => {
                headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            }
            None if line.trim().is_empty() => break,
            None => path = line.split(' ').nth(1).unwrap_or_default().to_owned(),
        }
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let answer = answers.lock().pop_front().unwrap_or_else(|| "200 OK".to_owned());
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
    // Noted before the answer, so that a test that waits for the effect of the answer has the request.
    let _ = sender.send(Received { path, headers, body }).await;
    stream.write_all(answer.as_bytes()).await
}
