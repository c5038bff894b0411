//! A program that receives what this server posts. It records the requests and answers with the statuses it is given.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    connections: Arc<AtomicUsize>,
    answers: Arc<Mutex<VecDeque<String>>>,
    received: mpsc::Receiver<Received>,
    /// Nothing is answered while a test has it.
    gate: Arc<tokio::sync::Mutex<()>>,
}

/// Decides by the path what is answered. `None`: nothing, until the other side gives up.
pub type Answering = fn(&str) -> Option<&'static str>;

impl Receiver {
    /// Starts a receiver that answers 200.
    pub async fn open() -> Self {
        Self::answering(|_| Some("200 OK")).await
    }

    /// Starts a receiver that answers by the path.
    pub async fn answering(answering: Answering) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (sender, received) = mpsc::channel(4_096);
        let answers = Arc::<Mutex<VecDeque<String>>>::default();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let gate = Arc::<tokio::sync::Mutex<()>>::default();
        let receiver = Self {
            address,
            connections: Arc::clone(&connections),
            answers: Arc::clone(&answers),
            received,
            gate: Arc::clone(&gate),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, sender.clone(), Arc::clone(&answers), answering, Arc::clone(&gate)));
            }
        });
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests with these lines of status and headers, and a body behind an empty line; with `hang` not at all, and
    /// with `close` the connection ends.
    pub fn answer(&self, lines: impl IntoIterator<Item = &'static str>) {
        self.answers.lock().extend(lines.into_iter().map(str::to_owned));
    }

    /// Answers nothing until the guard is dropped.
    pub async fn hold(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.gate).lock_owned().await
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Received {
        tokio::time::timeout(TIMEOUT, self.received.recv()).await.expect("nothing is received").unwrap()
    }

    /// Returns how many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Whether nothing has come that was not taken.
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

/// Serves one request after the other of a connection, as real servers do.
async fn serve(
    stream: TcpStream,
    sender: mpsc::Sender<Received>,
    answers: Arc<Mutex<VecDeque<String>>>,
    answering: Answering,
    gate: Arc<tokio::sync::Mutex<()>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(received) = read(&mut stream).await? {
        let answer = answers.lock().pop_front().or_else(|| answering(&received.path).map(str::to_owned));
        let Some(answer) = answer.filter(|answer| answer != "hang") else {
            let _ = sender.send(received).await;
            let _ = stream.read(&mut [0]).await;
            return Ok(());
        };
        if answer == "close" {
            let _ = sender.send(received).await;
            return Ok(());
        }
        let answer = match answer.split_once("\r\n\r\n") {
            Some((head, body)) => format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
            None => format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n"),
        };
        // Noted before the answer, so that a test that waits for the effect of the answer has the request.
        let _ = sender.send(received).await;
        drop(gate.lock().await);
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// Reads a request. `None` when the other side has closed the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Received>> {
    let (mut path, mut headers, mut line) = (String::new(), HeaderMap::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
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
    Ok(Some(Received { path, headers, body }))
}
