//! The end of a run on several nodes: single messages while hints are lost. No later hint shows that one is missing, so only
//! the regular reading of the database finds it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use testkit::Transport;
use testkit::packet::Packet;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;
use crate::check::Violation;
use crate::connection::{Connection, post};
use crate::fixtures::{Fixtures, Guest};
use crate::instance::Instance;
use crate::proxy::Network;

/// How many messages are sent. Each has its own chance that its hint is lost.
const MESSAGES: usize = 8;
/// How long a message may take to the members on another node, also on a loaded machine.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

/// The pause between two attempts to join.
const PAUSE: Duration = Duration::from_millis(500);

/// Sends messages to members on the other nodes, one after the other, in a room that the checker does not know.
pub(crate) async fn check(server: &Instance, fixtures: &Fixtures) -> Result<Option<Violation>> {
    let Some(backends) = &server.backends else { return Ok(None) };
    let (address, owner) = (|node| SocketAddr::from(([127, 0, 0, 1], server.ports.get(node))), &fixtures.users[0]);
    let made = post(address(0), "/api/rooms", Some(&owner.token), &json!({ "title": "quiet" })).await?;
    let room = made["id"].as_str().ok_or("a room without an id")?;
    let mut members = Vec::new();
    for node in 1..server.count() {
        members.push((node, enter(address(node), owner, room).await?));
    }
    backends.to_redis.set(Network::HintLoss);
    let mut missed = None;
    for number in 0..MESSAGES {
        let text = format!("quiet {number}");
        post(address(0), &format!("/api/rooms/{room}/messages"), Some(&owner.token), &json!({ "text": text })).await?;
        for (node, member) in &mut members {
            if timeout(ARRIVES_WITHIN, receives(member, &text)).await != Ok(true) {
                let message = format!("{text:?} was confirmed and not received on node {node}: its hint may be lost");
                missed = Some(Violation { invariant: "I8", about: Default::default(), message });
            }
        }
        if missed.is_some() {
            break;
        }
    }
    backends.to_redis.set(Network::Clear);
    for (_, member) in members {
        member.close().await;
    }
    Ok(missed)
}

/// Opens a connection and joins the room, however often that takes.
async fn enter(address: SocketAddr, user: &Guest, room: &str) -> Result<Connection> {
    let until = Instant::now() + ARRIVES_WITHIN;
    loop {
        match try_enter(address, user, room).await {
            Err(why) if Instant::now() > until => {
                return Err(format!("nobody can join after the last fault: {why}").into());
            }
            Err(_) => sleep(PAUSE).await,
            entered => return entered,
        }
    }
}

async fn try_enter(address: SocketAddr, user: &Guest, room: &str) -> Result<Connection> {
    let mut connection = Connection::open(address, Transport::WebSocket, &user.token).await?;
    let mut joins = None;
    loop {
        match timeout(ARRIVES_WITHIN, connection.next()).await? {
            // A join before it is refused.
            Packet::Connect(_) => joins = Some(connection.emit("join", &json!({ "room": room }))),
            Packet::Ack(id, answer) if Some(id) == joins => match answer["ok"] == true {
                true => return Ok(connection),
                false => return Err(answer.to_string().into()),
            },
            Packet::Close => return Err("the connection was closed".into()),
            _ => {}
        }
    }
}

/// Waits for a message. Returns `false` when the connection ends.
async fn receives(member: &mut Connection, text: &str) -> bool {
    loop {
        match member.next().await {
            Packet::Event(name, body) if name == "message" && body["text"] == text => return true,
            Packet::Close => return false,
            _ => {}
        }
    }
}
