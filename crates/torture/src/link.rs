//! One connection of a client of our own: by polling, by WebSocket, or by an upgrade from the one to
//! the other. What it hears comes in order; what goes wrong is an end.

#![allow(clippy::disallowed_methods, reason = "what is heard is kept, however much: it is the evidence")]

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::Outcome;
use crate::rest::Rest;

/// How long an opening may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may be silent: the program pings each 1.5 seconds.
const SILENCE: Duration = Duration::from_secs(6);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Polling,
    WebSocket,
    Upgrade,
}

/// What a connection brings.
#[derive(Debug)]
pub(crate) enum Packet {
    Connected,
    Refused,
    Event(String, Value),
    Ack(u64, Value),
    Closed,
}

pub(crate) struct Link {
    outgoing: UnboundedSender<String>,
    incoming: UnboundedReceiver<Packet>,
    last_id: u64,
    _tasks: JoinSet<()>,
}

impl Link {
    /// Opens a connection into `/chat` with a token.
    pub(crate) async fn open(address: SocketAddr, way: Way, token: &str) -> Outcome<Self> {
        let (outgoing, out) = unbounded_channel();
        let (heard, incoming) = unbounded_channel();
        let mut tasks = JoinSet::new();
        outgoing.send(format!("40/chat,{{\"token\":\"{token}\"}}"))?;
        timeout(PATIENCE, async {
            match way {
                Way::WebSocket => {
                    let stream = web_socket(address, "").await?;
                    tasks.spawn(talk(stream, out, heard));
                }
                Way::Polling => {
                    let path = open_polling(address).await?;
                    tasks.spawn(poll(Rest(address), path, out, heard, None));
                }
                Way::Upgrade => {
                    let path = open_polling(address).await?;
                    tasks.spawn(poll(Rest(address), path, out, heard, Some(address)));
                }
            }
            Outcome::Ok(())
        })
        .await
        .map_err(|_| "nothing opens")??;
        Ok(Self { outgoing, incoming, last_id: 0, _tasks: tasks })
    }

    /// What comes next. After an end there are only ends.
    pub(crate) async fn next(&mut self) -> Packet {
        self.incoming.recv().await.unwrap_or(Packet::Closed)
    }

    /// Says that it is over, and waits a moment until that has been heard.
    pub(crate) async fn end(mut self) {
        let _ = self.outgoing.send("1".into());
        let gone = async { while !matches!(self.next().await, Packet::Closed) {} };
        let _ = timeout(PATIENCE, gone).await;
    }

    /// Says an event and gives the id of its answer.
    pub(crate) fn say(&mut self, event: &str, payload: &Value) -> u64 {
        self.last_id += 1;
        // A connection that has ended says so by itself.
        let _ = self.outgoing.send(format!("42/chat,{}[\"{event}\",{payload}]", self.last_id));
        self.last_id
    }
}

fn hear(packet: &str, heard: &UnboundedSender<Packet>) {
    let Some(packet) = parse(packet) else { return };
    // Nobody listens any more: the connection is being given up.
    let _ = heard.send(packet);
}

/// A packet of Engine.IO and Socket.IO; `None` for what is the transport's own business.
fn parse(packet: &str) -> Option<Packet> {
    let packet = packet.strip_prefix('4')?;
    let (kind, rest) = packet.split_at_checked(1)?;
    let body = rest.strip_prefix("/chat").map_or(rest, |rest| rest.trim_start_matches(','));
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let (id, body) = body.split_at(digits);
    let value = || serde_json::from_str::<Value>(body).ok();
    Some(match kind {
        "0" => Packet::Connected,
        "1" => Packet::Closed,
        "2" => {
            let mut event = value()?;
            Packet::Event(event[0].as_str()?.to_owned(), event[1].take())
        }
        "3" => Packet::Ack(id.parse().ok()?, value()?[0].take()),
        "4" => Packet::Refused,
        _ => return None,
    })
}

async fn web_socket(address: SocketAddr, query: &str) -> Outcome<WebSocketStream<TcpStream>> {
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket{query}");
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(tokio_tungstenite::client_async(url.into_client_request()?, stream).await?.0)
}

/// Speaks and hears over a WebSocket until either ends.
async fn talk(stream: WebSocketStream<TcpStream>, mut out: UnboundedReceiver<String>, heard: UnboundedSender<Packet>) {
    let (mut writer, mut reader) = stream.split();
    loop {
        tokio::select! {
            said = out.recv() => {
                let Some(packet) = said else { break };
                if writer.send(Frame::text(packet)).await.is_err() {
                    break;
                }
            }
            frame = timeout(SILENCE, reader.next()) => match frame {
                Ok(Some(Ok(Frame::Text(text)))) if text.as_str() == "2" => {
                    if writer.send(Frame::text("3")).await.is_err() {
                        break;
                    }
                }
                Ok(Some(Ok(Frame::Text(text)))) => hear(text.as_str(), &heard),
                Ok(Some(Ok(Frame::Close(_)))) | Ok(None | Some(Err(_))) | Err(_) => break,
                Ok(Some(Ok(_))) => {}
            },
        }
    }
    let _ = heard.send(Packet::Closed);
}

/// Opens a session by polling and gives the path of its requests.
async fn open_polling(address: SocketAddr) -> Outcome<String> {
    let path = "/socket.io/?EIO=4&transport=polling";
    let opened = Rest(address).get(path, None).await?.text();
    let open: Value = serde_json::from_str(opened.strip_prefix('0').ok_or("not an opening")?)?;
    Ok(format!("{path}&sid={}", open["sid"].as_str().ok_or("an opening without a sid")?))
}

/// Polls, and says by POST; upgrades after the first answer when asked to.
async fn poll(
    rest: Rest,
    path: String,
    mut out: UnboundedReceiver<String>,
    heard: UnboundedSender<Packet>,
    mut upgrade: Option<SocketAddr>,
) {
    // What is posted goes in order, one after the other, beside the poll.
    let (posts, mut to_post) = unbounded_channel::<String>();
    let poster = {
        let path = path.clone();
        tokio::spawn(async move {
            while let Some(packet) = to_post.recv().await {
                let posted = rest.send("POST", &path, None, "text/plain;charset=UTF-8", packet.as_bytes()).await;
                if !posted.is_ok_and(|answer| answer.status == 200) {
                    return false;
                }
            }
            true
        })
    };
    let mut has_polled = false;
    loop {
        // As the stock client does: the probe goes on beside a poll that is open.
        let to = upgrade.take_if(|_| has_polled);
        let probing = async {
            match to {
                Some(address) => probe(address, &path).await,
                None => std::future::pending().await,
            }
        };
        let request = rest.get(&path, None);
        tokio::pin!(probing, request);
        let mut probed = None;
        let answer = loop {
            tokio::select! {
                said = out.recv() => match said {
                    Some(packet) => drop(posts.send(packet)),
                    None => return,
                },
                answer = &mut request => break answer,
                probe = &mut probing, if probed.is_none() => probed = Some(probe),
            }
        };
        if to.is_some() && probed.is_none() {
            // The poll ended before the probe: the probe is waited for, as it was begun.
            probed = Some(probing.await);
        }
        let Ok(answer) = answer else { break };
        if answer.status != 200 {
            break;
        }
        for packet in answer.text().split('\u{1e}') {
            match packet {
                "2" => drop(posts.send("3".into())),
                packet => hear(packet, &heard),
            }
        }
        has_polled = true;
        if let Some(probed) = probed {
            let Ok(mut stream) = probed else { break };
            // Only when nothing is on its way any more does the new transport take over.
            drop(posts);
            if !poster.await.unwrap_or(false) || stream.send(Frame::text("5")).await.is_err() {
                break;
            }
            return talk(stream, out, heard).await;
        }
    }
    let _ = heard.send(Packet::Closed);
}

async fn probe(address: SocketAddr, path: &str) -> Outcome<WebSocketStream<TcpStream>> {
    let sid = path.rsplit("sid=").next().unwrap_or_default();
    let probe = async {
        let mut stream = web_socket(address, &format!("&sid={sid}")).await?;
        stream.send(Frame::text("2probe")).await?;
        match stream.next().await {
            Some(Ok(Frame::Text(text))) if text.as_str() == "3probe" => Ok(stream),
            other => Err(format!("a probe was answered {other:?}").into()),
        }
    };
    timeout(PATIENCE, probe).await.unwrap_or_else(|_| Err("a probe was not answered".into()))
}
