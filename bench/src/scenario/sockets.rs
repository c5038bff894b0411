//! Sixty thousand users on four servers, some of them in one room, with their connections in four processes. All of them share the
//! cores of this machine, with PostgreSQL and Redis.

use std::time::Instant;

use serde_json::{Value, json};

use super::nodes::Backends;
use crate::Outcome;
use crate::context::Context;
use crate::crowd::Crowd;
use crate::load::{AT_ONCE, Load, Setup, frame};
use crate::process::on_all_cores;
use crate::server::{Madang, hello, message};
use crate::times::median;

const NODES: usize = 4;
const SOCKETS: usize = 60_000;
/// Those who are in the room.
const MEMBERS: usize = 4_000;
const MESSAGES: u64 = 10;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let backends = Backends::start()?;
    let nodes = (0..NODES).map(|_| backends.node_on(context, "0,1")).collect::<Outcome<Vec<_>>>()?;
    let (each, members) = (context.size(SOCKETS, 400) / NODES, context.size(MEMBERS, 40) / NODES);
    context.progress(format!("{} users are being made", each * NODES));
    let (owner, room, tokens) = people(&nodes, each)?;
    let before = memory(&nodes)?;
    context.progress(format!("{} sockets on {NODES} servers", each * NODES));
    let began = Instant::now();
    let start = |(node, tokens): (&Madang, &[String])| {
        let hello = |(place, token): (usize, &String)| match place < members {
            true => hello(token, &room),
            false => format!(r#"40/chat,{{"token":"{token}"}}"#),
        };
        let hellos: Vec<String> = tokens.iter().enumerate().map(hello).collect();
        Crowd::start(node.process.port, &hellos)
    };
    let crowds = on_all_cores(|| nodes.iter().zip(tokens.chunks(each)).map(start).collect::<Outcome<Vec<_>>>())?;
    let mut crowds = crowds?;
    crowds.iter_mut().try_for_each(Crowd::wait_joined)?;
    let joined = began.elapsed();
    let after = memory(&nodes)?;
    let mut sender = Load::new(nodes[0].process.port)?;
    sender.add(Setup { hello: Some(hello(&owner, &room)), ..Setup::default() });
    sender.join_all(AT_ONCE)?;
    let mut times = Vec::new();
    for number in 0..MESSAGES {
        crowds.iter_mut().try_for_each(Crowd::expect)?;
        let sent = Instant::now();
        sender.send(0, &message(&room, &format!("k{number}"), number, &frame::numbered(number, &"x".repeat(64))))?;
        for crowd in &mut crowds {
            match crowd.wait_delivered()? {
                0 => {}
                faults => return Err(format!("{faults} deliveries lost, doubled or disordered").into()),
            }
        }
        times.push(sent.elapsed().as_secs_f64() * 1_000.0);
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    Ok(json!({
        "nodes": NODES, "sockets": each * NODES, "members": members * NODES, "joined_s": joined.as_secs_f64(),
        "node_bytes": after / NODES as u64, "socket_bytes": after.saturating_sub(before) / (each * NODES) as u64,
        "last_ms": median(times), "slowest_ms": slowest,
    }))
}

/// Makes the owner of a room, the room, and users.
fn people(nodes: &[Madang], each: usize) -> Outcome<(String, String, Vec<String>)> {
    let mut tokens = nodes[0].guests(each * nodes.len() + 1)?;
    let owner = tokens.pop().ok_or("no guest")?;
    let room = nodes[0].room(&owner, each * nodes.len() + 1)?;
    Ok((owner, room, tokens))
}

fn memory(nodes: &[Madang]) -> Outcome<u64> {
    nodes.iter().map(|node| node.process.memory()).sum()
}
