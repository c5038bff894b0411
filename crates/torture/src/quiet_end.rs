//! The end of a run on several nodes: single messages while hints are lost. No later hint shows that one is missing, so only
//! the regular reading of the database finds it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::Transport;
use testkit::packet::Packet;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;
use crate::check::Violation;
use crate::connection::{Connection, post};
use crate::fixtures::{Fixtures, Guest};
use crate::instance::Instance;
use crate::proxy::Network;

/// How many messages are sent.
const MESSAGES: usize = 8;
/// How long a message may take to the members on another node, also on a loaded machine.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);
/// The pause between two attempts to join.
const PAUSE: Duration = Duration::from_millis(500);

/// Sends messages to members on the other nodes, one after the other, in a room that the checker does not know. Three hints of ten are
/// lost, so it is very likely that some of these are.
pub(crate) async fn check(server: &Instance, fixtures: &Fixtures) -> Result<Option<Violation>> {
    let Some(backends) = &server.backends else { return Ok(None) };
    let (address, owner) = (|node| SocketAddr::from(([127, 0, 0, 1], server.ports.get(node))), &fixtures.users[0]);
    let title = json!({ "title": "quiet" });
    let made = patiently(|| post(address(0), "/api/rooms", Some(&owner.token), &title)).await?;
    let room = made["id"].as_str().ok_or("a room without an id")?;
    let mut members = Vec::new();
    for node in 1..server.count() {
        members.push((node, patiently(|| enter(address(node), owner, room)).await?.0));
    }
    backends.to_redis.set(Network::HintLoss);
    let mut missed = None;
    for number in 0..MESSAGES {
        let (text, path) = (format!("quiet {number}"), format!("/api/rooms/{room}/messages"));
        let message = json!({ "text": text, "key": text });
        patiently(|| post(address(0), &path, Some(&owner.token), &message)).await?;
        for (node, member) in &mut members {
            match timeout(ARRIVES_WITHIN, receives(member, &text)).await {
                Ok(true) => {}
                // Its connection has ended, as it may: the page of the next one has the message.
                Ok(false) => *member = patiently(|| enter_and_find(address(*node), owner, room, &text)).await?,
                Err(_) => {
                    let message = format!("{text:?} was confirmed and not received on node {node}");
                    missed = Some(Violation { invariant: "I8", about: Default::default(), message });
                }
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

/// Tries until it works, or for so long that it counts as an error: the last fault may still have effects.
async fn patiently<T, F: Future<Output = Result<T>>>(act: impl Fn() -> F) -> Result<T> {
    let until = Instant::now() + ARRIVES_WITHIN;
    loop {
        match act().await {
            Err(why) if Instant::now() > until => return Err(format!("after the last fault: {why}").into()),
            Err(_) => sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// Opens a connection and joins the room. Returns what the answer holds, too.
async fn enter(address: SocketAddr, user: &Guest, room: &str) -> Result<(Connection, Value)> {
    let mut connection = Connection::open(address, Transport::WebSocket, &user.token).await?;
    let joining = async {
        let mut joins = None;
        loop {
            match connection.next().await {
                // A join before it is refused.
                Packet::Connect(_) => joins = Some(connection.emit("join", &json!({ "room": room }))),
                Packet::Ack(id, answer) if Some(id) == joins => return Some(answer),
                Packet::Close => return None,
                _ => {}
            }
        }
    };
    match timeout(ARRIVES_WITHIN, joining).await? {
        Some(answer) if answer["ok"] == true => Ok((connection, answer)),
        Some(answer) => Err(answer.to_string().into()),
        None => Err("the connection was closed".into()),
    }
}

async fn enter_and_find(address: SocketAddr, user: &Guest, room: &str, text: &str) -> Result<Connection> {
    let (connection, joined) = enter(address, user, room).await?;
    let has_it = joined["messages"].as_array().is_some_and(|all| all.iter().any(|message| message["text"] == text));
    if has_it { Ok(connection) } else { Err(format!("{text:?} was confirmed and is not in the room").into()) }
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
