//! One message to many members: the cost of a delivery, its time, and the most deliveries a second.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load, Message, frame};
use crate::server::{Kind, Server};
use crate::times::{Times, median};

/// Deliveries a second at which their cost is measured, whatever the size of the room.
const DELIVERIES_A_SECOND: u32 = 20_000;
/// Messages before the first that counts, and the fewest of a window.
const WARM_UP: u32 = 20;
const MIN_MESSAGES: u32 = 10;
/// Larger rooms are for Madang and the floor: the baselines' cost does not fall there, and another
/// scenario measures their memory.
const LARGEST_OF_BASELINES: usize = 5_000;
const SIZES: [usize; 5] = [100, 1_000, 5_000, 10_000, 18_000];
const ROUNDS: usize = 3;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let mut rows = Vec::new();
    for members in SIZES.into_iter().filter(|members| *members <= context.size(usize::MAX, 1_000)) {
        let mut kinds = context.kinds(&[Kind::Madang, Kind::Floor]);
        if members <= LARGEST_OF_BASELINES {
            kinds.extend([Kind::Socketioxide, Kind::Express, Kind::SocketIo]);
        }
        // The servers take turns, so that other work on the machine slows all of them down.
        let mut rounds: Vec<Vec<Round>> = kinds.iter().map(|_| Vec::new()).collect();
        let mut sample = Vec::new();
        for number in 1..=context.size(ROUNDS, 1) {
            for (kind, rounds) in kinds.iter().zip(&mut rounds) {
                context.progress(format!("fan-out, {members} members, round {number}: {}", kind.name()));
                rounds.push(round(context, *kind, members, &mut sample)?);
            }
        }
        for (kind, own) in kinds.iter().zip(&rounds) {
            rows.push(row(*kind, members, own)?);
        }
    }
    Ok(json!({ "rows": rows }))
}

/// The measurements of one server in one round.
struct Round {
    cpu_us: f64,
    messages: Vec<Message>,
    per_second: f64,
    frame_bytes: usize,
    lost: u64,
}

fn row(kind: Kind, members: usize, rounds: &[Round]) -> Outcome<Value> {
    let summary =
        |time: fn(&Message) -> Duration| Times::of(rounds.iter().flat_map(|round| round.messages.iter().map(time)));
    let lost: u64 = rounds.iter().map(|round| round.lost).sum();
    // A baseline may lose or disorder messages, which the table shows. In Madang that is an error.
    if lost > 0 && matches!(kind, Kind::Madang | Kind::MadangBefore | Kind::Floor) {
        return Err(format!("{}, {members} members: {lost} deliveries lost, doubled or disordered", kind.name()).into());
    }
    Ok(json!({
        "members": members, "kind": kind, "frame_bytes": rounds[0].frame_bytes,
        "cpu_us": rounds.iter().map(|round| round.cpu_us).collect::<Vec<_>>(),
        "first": summary(|message| message.first)?, "median": summary(|message| message.median)?,
        "last": summary(|message| message.last)?,
        "ack": if kind == Kind::Floor { None } else { Some(summary(|message| message.ack)?) },
        "per_second": median(rounds.iter().map(|round| round.per_second)), "lost": lost,
    }))
}

/// Starts a server with a room and measures it. `sample` is a frame of Madang's, for the floor to send.
fn round(context: &Context, kind: Kind, members: usize, sample: &mut Vec<u8>) -> Outcome<Round> {
    let server = Server::start(context, kind, members, members)?;
    let mut floor = None;
    if kind == Kind::Floor {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.process.port))?;
        stream.set_nodelay(true)?;
        floor = Some(stream);
    }
    let mut load = Load::new(server.process.port)?;
    load.add_members(&server, 0..members);
    load.join_all(AT_ONCE)?;
    let mut send = |load: &mut Load<'_>| -> Outcome<()> {
        let number = load.deliveries.sending();
        let Some(floor) = &mut floor else {
            return load.send(0, &server.message(0, number, &"x".repeat(64)));
        };
        let mut message = (sample.len() as u32).to_be_bytes().to_vec();
        message.extend_from_slice(sample);
        frame::renumber(&mut message, number).ok_or("there is no frame for the floor")?;
        Ok(floor.write_all(&message)?)
    };
    for _ in 0..WARM_UP {
        send(&mut load)?;
        load.wait_delivered()?;
        if !load.deliveries.is_complete() {
            return Err(format!("{}: a message did not reach all {members} members", kind.name()).into());
        }
    }

    // The cost: a fixed rate, until everything is delivered.
    let pause = Duration::from_secs(1) * members as u32 / DELIVERIES_A_SECOND;
    let count = (context.window(6).as_secs_f64() / pause.as_secs_f64()) as u32;
    let first = load.deliveries.messages.len();
    let cpu_us = load.cost_of_delivery(&server.process, count.max(MIN_MESSAGES), pause, &mut send)?;
    let messages = load.deliveries.messages[first..].to_vec();

    // The speed: the next message as soon as all have the last one.
    let (started, window, first) = (Instant::now(), context.window(3), load.deliveries.messages.len());
    while started.elapsed() < window {
        send(&mut load)?;
        load.wait_delivered()?;
    }
    let sent = load.deliveries.messages.len() - first;
    let per_second = (sent * members) as f64 / started.elapsed().as_secs_f64();
    // The acknowledgement of the last message may still be on its way.
    load.run_for(Duration::from_millis(50))?;
    if kind == Kind::Madang {
        *sample = std::mem::take(&mut load.sample);
    }
    let deliveries = &load.deliveries;
    let (frame_bytes, lost) = (deliveries.frame_bytes, deliveries.faults(0));
    Ok(Round { cpu_us, messages, per_second, frame_bytes, lost })
}
