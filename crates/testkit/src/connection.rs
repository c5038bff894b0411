//! One Engine.IO connection: by polling, by WebSocket, or upgraded from the one to the other.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::http::{Request, Response};
use crate::websocket::{self, Frame, Reader, Refused, Writer};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    #[default]
    WebSocket,
    Polling,
    /// Polling, then WebSocket after the first poll.
    Upgrade,
}

/// How a connection is opened.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    pub namespace: String,
    /// The payload of the CONNECT packet; null sends none.
    pub auth: Value,
    /// Added to the address, for example `room=…`.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub transport: Transport,
    /// A connection that is silent for this long counts as lost.
    pub idle_timeout: Duration,
    /// Whether the server may send an event of this name. Others fail the test.
    pub is_known_event: fn(&str) -> bool,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            namespace: "/chat".into(),
            auth: Value::Null,
            query: String::new(),
            headers: Vec::new(),
            transport: Transport::WebSocket,
            idle_timeout: Duration::from_secs(60),
            is_known_event: |_| true,
        }
    }
}

impl ConnectOptions {
    /// Adds a member to the payload of the CONNECT packet.
    pub fn auth(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.auth[name] = value.into();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn query(self, query: &str) -> Self {
        Self { query: format!("&{query}"), ..self }
    }

    pub fn polling(self) -> Self {
        Self { transport: Transport::Polling, ..self }
    }
}

/// What a connection sends.
pub(crate) enum Outgoing {
    Packet(String),
    /// Ends the connection as the transport does: a close frame, or a close packet.
    Close,
}

/// What a connection receives. Nothing follows `Closed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    Packet(String),
    /// The transport ended, perhaps by a close frame with this code.
    Closed(Option<u16>),
}

/// The sending half.
#[derive(Clone)]
pub struct Sender(UnboundedSender<Outgoing>);

impl Sender {
    /// Sends an Engine.IO packet. One for a connection that is gone is lost.
    pub fn packet(&self, packet: impl Into<String>) {
        let _ = self.0.send(Outgoing::Packet(packet.into()));
    }

    pub fn close(&self) {
        let _ = self.0.send(Outgoing::Close);
    }
}

/// The receiving half.
pub struct Receiver(UnboundedReceiver<Incoming>);

impl Receiver {
    pub async fn next(&mut self) -> Incoming {
        self.0.recv().await.unwrap_or(Incoming::Closed(None))
    }
}

/// An open connection. Dropping `tasks` cuts it. Pings are answered.
pub struct Connection {
    pub sender: Sender,
    pub receiver: Receiver,
    pub tasks: JoinSet<()>,
}

impl Connection {
    /// Opens the transport and sends CONNECT.
    pub async fn open(address: SocketAddr, options: ConnectOptions) -> Result<Self, Refused> {
        let (to_send, outgoing) = unbounded_channel();
        let (received, incoming) = unbounded_channel();
        let (sender, receiver) = (Sender(to_send), Receiver(incoming));
        let auth = if options.auth.is_null() { String::new() } else { options.auth.to_string() };
        sender.packet(format!("40{},{auth}", options.namespace));
        let ends = Ends { outgoing, received };
        let (transport, peer) = (options.transport, Peer { address, options });
        let mut tasks = JoinSet::new();
        if transport == Transport::WebSocket {
            let stream = peer.web_socket("").await?;
            tasks.spawn(async move { ends.talk(stream, peer.options.idle_timeout).await });
        } else {
            let path = peer.open_polling().await?;
            tasks.spawn(async move { ends.poll(peer, path, transport == Transport::Upgrade).await });
        }
        Ok(Self { sender, receiver, tasks })
    }
}

/// The server, and how this connection speaks to it.
struct Peer {
    address: SocketAddr,
    options: ConnectOptions,
}

impl Peer {
    async fn web_socket(&self, query: &str) -> Result<(Reader, Writer), Refused> {
        let path = format!("/socket.io/?EIO=4&transport=websocket{}{query}", self.options.query);
        websocket::open(TcpStream::connect(self.address).await?, &path, &self.options.headers).await
    }

    fn request(&self, method: &str, path: &str) -> Request {
        let request = Request::new(self.address, method, path);
        self.options.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Opens a session by polling and returns the path of its requests.
    async fn open_polling(&self) -> Result<String, Refused> {
        let path = format!("/socket.io/?EIO=4&transport=polling{}", self.options.query);
        let response = self.request("GET", &path).send_within(self.options.idle_timeout).await?;
        let text = response.text();
        let opened: Option<Value> = text.strip_prefix('0').and_then(|open| serde_json::from_str(open).ok());
        match opened.as_ref().and_then(|open| open["sid"].as_str()) {
            Some(sid) => Ok(format!("{path}&sid={sid}")),
            None => Err(Refused { status: response.status, text }),
        }
    }

    async fn poll(&self, path: &str) -> std::io::Result<Response> {
        self.request("GET", path).send_within(self.options.idle_timeout).await
    }

    /// Posts packets one after the other. Returns whether all were taken.
    async fn post(&self, path: &str, mut packets: UnboundedReceiver<String>) -> bool {
        while let Some(packet) = packets.recv().await {
            let post = self.request("POST", path).body("text/plain;charset=UTF-8", packet);
            if !post.send_within(self.options.idle_timeout).await.is_ok_and(|response| response.status == 200) {
                return false;
            }
        }
        true
    }

    /// Opens a WebSocket for a session that polls, and checks that it works.
    async fn probe(&self, path: &str) -> Result<(Reader, Writer), Refused> {
        let sid = path.rsplit("sid=").next().unwrap_or_default();
        let (mut reader, mut writer) = self.web_socket(&format!("&sid={sid}")).await?;
        writer.text("2probe").await?;
        match timeout(self.options.idle_timeout, reader.next()).await {
            Ok(Some(Frame::Text(text))) if text == "3probe" => Ok((reader, writer)),
            other => Err(Refused { status: 101, text: format!("a probe was answered by {other:?}") }),
        }
    }
}

/// The other ends of a connection's two channels.
struct Ends {
    outgoing: UnboundedReceiver<Outgoing>,
    received: UnboundedSender<Incoming>,
}

impl Ends {
    /// Sends and receives over a WebSocket until it ends.
    async fn talk(mut self, (mut reader, mut writer): (Reader, Writer), idle_timeout: Duration) {
        let code = loop {
            let sent = tokio::select! {
                outgoing = self.outgoing.recv() => match outgoing {
                    Some(Outgoing::Packet(packet)) => writer.text(&packet).await,
                    Some(Outgoing::Close) => writer.close().await,
                    None => return,
                },
                frame = timeout(idle_timeout, reader.next()) => match frame {
                    Ok(Some(Frame::Text(text))) if text == "2" => writer.text("3").await,
                    Ok(Some(Frame::Text(text))) => {
                        self.receive(&text);
                        Ok(())
                    }
                    Ok(Some(Frame::Close(code))) => break Some(code),
                    Ok(None) | Err(_) => break None,
                },
            };
            // What the server sent before it went can still be read.
            if sent.is_err() {
                while let Ok(Some(Frame::Text(text))) = timeout(idle_timeout, reader.next()).await {
                    self.receive(&text);
                }
                break None;
            }
        };
        let _ = self.received.send(Incoming::Closed(code));
    }

    fn receive(&self, packet: &str) {
        let _ = self.received.send(Incoming::Packet(packet.to_owned()));
    }

    /// Polls and posts until the session ends. Upgrades after the first poll if told to.
    async fn poll(mut self, peer: Peer, path: String, mut is_to_upgrade: bool) {
        let (posts, to_post) = unbounded_channel();
        let poster = peer.post(&path, to_post);
        tokio::pin!(poster);
        let (mut posted, mut has_polled) = (None, false);
        loop {
            // As the stock client does, the probe runs beside an open poll.
            let is_probing = is_to_upgrade && has_polled;
            is_to_upgrade &= !is_probing;
            let probing = async { if is_probing { peer.probe(&path).await } else { std::future::pending().await } };
            let request = peer.poll(&path);
            tokio::pin!(probing, request);
            let mut probed = None;
            let response = loop {
                tokio::select! {
                    outgoing = self.outgoing.recv() => match outgoing {
                        Some(Outgoing::Packet(packet)) => drop(posts.send(packet)),
                        Some(Outgoing::Close) => drop(posts.send("1".into())),
                        None => return,
                    },
                    response = &mut request => break response,
                    probe = &mut probing, if probed.is_none() => probed = Some(probe),
                    all = &mut poster, if posted.is_none() => posted = Some(all),
                }
            };
            let Ok(response) = response else { break };
            if response.status != 200 {
                break;
            }
            for packet in response.text().split('\u{1e}') {
                match packet {
                    "2" => drop(posts.send("3".into())),
                    packet => self.receive(packet),
                }
            }
            has_polled = true;
            if !is_probing {
                continue;
            }
            // The poll may have ended before the probe.
            let probed = match probed {
                Some(probed) => probed,
                None => probing.await,
            };
            let Ok((reader, mut writer)) = probed else { break };
            // The new transport takes over once every post has been taken.
            drop(posts);
            let all = match posted {
                Some(all) => all,
                None => poster.await,
            };
            if !all || writer.text("5").await.is_err() {
                break;
            }
            return self.talk((reader, writer), peer.options.idle_timeout).await;
        }
        let _ = self.received.send(Incoming::Closed(None));
    }
}
