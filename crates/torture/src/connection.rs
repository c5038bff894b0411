//! One connection of a simulated user, and one HTTP request.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::connection::{ConnectOptions, Connection as Transported, Incoming};
use testkit::packet::Packet;
use testkit::{Request, Response, Transport};
use tokio::time::timeout;

use crate::Result;

/// How long opening and closing may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be silent. The server pings every 1.5 seconds.
const IDLE_TIMEOUT: Duration = Duration::from_secs(6);
/// How long a response may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);

pub(crate) struct Connection {
    transported: Transported,
    last_id: u64,
}

impl Connection {
    /// Opens a connection to `/chat`.
    pub(crate) async fn open(address: SocketAddr, transport: Transport, token: &str) -> Result<Self> {
        let auth = json!({ "token": token });
        let options = ConnectOptions { auth, transport, idle_timeout: IDLE_TIMEOUT, ..ConnectOptions::default() };
        let opening = timeout(OPEN_TIMEOUT, Transported::open(address, options));
        let transported = opening.await.map_err(|_| "the connection does not open")??;
        Ok(Self { transported, last_id: 0 })
    }

    /// Returns the next packet. After `Packet::Close` there are no others.
    pub(crate) async fn next(&mut self) -> Packet {
        loop {
            match self.transported.receiver.next().await {
                Incoming::Closed(_) => return Packet::Close,
                Incoming::Packet(packet) => {
                    if let Some(packet) = Packet::parse(&packet) {
                        return packet;
                    }
                }
            }
        }
    }

    /// Closes the session and waits until the server has closed it too.
    pub(crate) async fn close(mut self) {
        self.transported.sender.packet("1");
        let closed = async { while self.next().await != Packet::Close {} };
        let _ = timeout(OPEN_TIMEOUT, closed).await;
    }

    /// Sends an event and returns the id of its ack.
    pub(crate) fn emit(&mut self, event: &str, payload: &Value) -> u64 {
        self.last_id += 1;
        self.transported.sender.packet(format!("42/chat,{}[\"{event}\",{payload}]", self.last_id));
        self.last_id
    }
}

/// Sends a request. An error means that its outcome is unknown.
pub(crate) async fn send(request: Request) -> Result<Response> {
    Ok(request.send_within(RESPONSE_TIMEOUT).await?)
}

/// Posts JSON and expects success.
pub(crate) async fn post(address: SocketAddr, path: &str, token: Option<&str>, body: &Value) -> Result<Value> {
    let mut request = Request::new(address, "POST", path).json(body);
    if let Some(token) = token {
        request = request.bearer(token);
    }
    let response = send(request).await?;
    match response.status {
        200..300 => Ok(response.json()),
        status => Err(format!("POST {path}: {status} {}", response.text()).into()),
    }
}
