//! A program that receives what the server posts: deliveries of webhooks, and pushes. It sometimes answers late, or ends the
//! connection without an answer to what it has taken.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::Result;
use crate::history::RoomIndex;

/// A delivery of a webhook, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) room: RoomIndex,
    /// The header `webhook-id`.
    pub(crate) id: String,
    /// `message`, `edit`, `delete`.
    pub(crate) event: String,
    pub(crate) message_id: String,
    pub(crate) seq: i64,
}

#[derive(Default)]
struct Received {
    deliveries: Vec<Delivered>,
    pushes: usize,
    requests: u64,
}

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

impl Receiver {
    pub(crate) async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let receiver = Self { address: listener.local_addr()?, received: Arc::default() };
        let this = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move { this.serve(stream).await });
            }
        });
        Ok(receiver)
    }

    fn received(&self) -> std::sync::MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the deliveries in the order in which they came.
    pub(crate) fn deliveries(&self) -> Vec<Delivered> {
        self.received().deliveries.clone()
    }

    /// Counts the pushes.
    pub(crate) fn pushes(&self) -> usize {
        self.received().pushes
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut line, mut path, mut id, mut length) = (String::new(), None, String::new(), 0);
            loop {
                line.clear();
                if stream.read_line(&mut line).await.ok()? == 0 {
                    return None;
                }
                match line.trim_end().split_once(": ") {
                    Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                        length = value.parse().ok()?
                    }
                    Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => id = value.to_owned(),
                    Some(_) => {}
                    None if line.trim().is_empty() => break,
                    None => path = line.split(' ').nth(1).map(str::to_owned),
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let number = self.take(&path?, id, &body)?;
            // Taken, but the server does not learn of it.
            if number.is_multiple_of(97) {
                return None;
            }
            if number.is_multiple_of(41) {
                sleep(Duration::from_millis(30)).await;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
        }
    }

    /// Records a request. Returns its number.
    fn take(&self, path: &str, id: String, body: &[u8]) -> Option<u64> {
        let mut received = self.received();
        received.requests += 1;
        match path.strip_prefix("/hook/") {
            Some(room) => {
                let body: Value = serde_json::from_slice(body).ok()?;
                let message = &body["data"]["message"];
                received.deliveries.push(Delivered {
                    room: room.parse().ok()?,
                    id,
                    event: body["type"].as_str()?.to_owned(),
                    message_id: message["id"].as_str()?.to_owned(),
                    seq: message["seq"].as_i64()?,
                });
            }
            None => received.pushes += 1,
        }
        Some(received.requests)
    }
}
