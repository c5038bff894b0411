//! What a house of many rooms costs: a message, a delivery, the lobby, the memory.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sends::texts;
use crate::Outcome;
use crate::context::Context;
use crate::crowd::Crowd;
use crate::house::House;
use crate::rest::Rest;
use crate::talkers::Talkers;
use crate::wire::frame;
use crate::wrk;

const ROOMS: [usize; 5] = [1, 100, 1_000, 10_000, 100_000];
/// People who own the rooms, each as many, and as many connections that talk in them.
const OWNERS: usize = 64;
/// Members of the one room in which deliveries are counted, and messages a second there.
const MEMBERS: usize = 1_000;
const RATE: u32 = 20;

#[derive(Serialize, Deserialize)]
pub(crate) struct Rooms {
    pub(crate) rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) rooms: usize,
    /// Acknowledged messages a second, spread over all rooms, and processor time for one.
    pub(crate) sends: f64,
    pub(crate) send_us: f64,
    pub(crate) ack_p99: f64,
    /// Processor time for one delivery in a room of 1,000.
    pub(crate) delivery_us: f64,
    /// The lobby, a second.
    pub(crate) lobby: f64,
    /// Bytes of the process, after all this.
    pub(crate) memory: u64,
}

pub(crate) fn run(context: &Context) -> Outcome<Rooms> {
    // While rooms are made nobody answers pings.
    let house = House::open_free(&context.madang, context.server_core, &[("PING_INTERVAL_MS", "3600000")])?;
    let members = context.many(MEMBERS, 100);
    let tokens = house.guests(members.max(OWNERS))?;
    let large = house.room(&tokens[0], members + 1)?;
    let mut crowd = Crowd::new()?;
    let side = crowd.side();
    for token in &tokens[..members] {
        let hello = format!(r#"40/chat,{{"token":"{token}","room":"{large}"}}"#);
        crowd.add(side, house.server.port, Some(hello))?;
    }
    crowd.all_come()?;
    let mut rooms = Vec::new();
    let mut rows = Vec::new();
    for count in ROOMS.into_iter().filter(|count| !context.is_quick || *count <= 1_000) {
        context.doing(format!("{count} rooms are made"));
        more_rooms(&house, &tokens, &mut rooms, count)?;
        context.doing(format!("{count} rooms: sends"));
        let (sends, send_us, ack_p99) = sends(context, &house, &tokens, &rooms)?;
        context.doing(format!("{count} rooms: deliveries"));
        let delivery_us = deliveries(context, &house, &mut crowd, &large)?;
        let lobby = wrk::run(context, house.server.port, "/", &[], false)?.per_second;
        crowd.listen(Instant::now() + Duration::from_secs(2))?;
        rows.push(Row { rooms: count, sends, send_us, ack_p99, delivery_us, lobby, memory: house.server.memory()? });
    }
    if crowd.tallies[side].lost() > 0 {
        return Err("deliveries were lost, doubled or out of order".into());
    }
    Ok(Rooms { rows })
}

/// Makes rooms until there are `count`, each owner in turn.
fn more_rooms(house: &House, tokens: &[String], rooms: &mut Vec<String>, count: usize) -> Outcome<()> {
    let (port, from) = (house.server.port, rooms.len());
    let make = |owner: usize| -> Result<Vec<(usize, String)>, String> {
        let make = || -> Outcome<Vec<(usize, String)>> {
            let mut rest = Rest::connect(port)?;
            let mut made = Vec::new();
            for number in (from..count).filter(|number| number % OWNERS == owner) {
                let new = json!({ "title": format!("Room {number}"), "max": 50 });
                let room = rest.post("/api/rooms", Some(&tokens[owner]), &new)?;
                made.push((number, room["id"].as_str().ok_or("a room without an id")?.to_owned()));
            }
            Ok(made)
        };
        make().map_err(|error| error.to_string())
    };
    let mut all = std::thread::scope(|scope| -> Outcome<Vec<(usize, String)>> {
        let makers: Vec<_> = (0..OWNERS).map(|owner| scope.spawn(move || make(owner))).collect();
        let mut all = Vec::new();
        for maker in makers {
            all.extend(maker.join().map_err(|_| "making rooms panicked")??);
        }
        Ok(all)
    })?;
    all.sort_unstable();
    rooms.extend(all.into_iter().map(|(_, id)| id));
    Ok(())
}

/// Messages over all rooms: each connection goes from one room of its person to the next.
fn sends(context: &Context, house: &House, tokens: &[String], rooms: &[String]) -> Outcome<(f64, f64, f64)> {
    let (texts, owners) = (texts(), OWNERS.min(rooms.len()));
    // Keys are a person's own for ever: those of another stage must not come again.
    let stage = rooms.len();
    let script = |place: usize, number: u64| {
        let owner = place % owners;
        let own = (rooms.len() - owner).div_ceil(OWNERS);
        let room = &rooms[owner + OWNERS * (number as usize % own)];
        let text = &texts[(place * 7 + number as usize) % texts.len()];
        format!(r#"42/chat,{number}["message",{{"room":"{room}","key":"{stage}-{place}-{number}","text":"{text}"}}]"#)
    };
    let mut talkers = Talkers::new(house.server.port, &script)?;
    for place in 0..OWNERS {
        talkers.add(format!(r#"40/chat,{{"token":"{}"}}"#, tokens[place % owners]), false)?;
    }
    talkers.all_come()?;
    talkers.begin(0..OWNERS)?;
    talkers.talk(context.window(1))?;
    let (cpu, window) = (house.server.cpu()?, context.window(4));
    let times = talkers.talk(window)?;
    let (count, p99) = (times.count(), times.told().p99);
    let cpu = house.server.cpu()? - cpu;
    talkers.end()?;
    Ok((count as f64 / window.as_secs_f64(), cpu.as_secs_f64() * 1e6 / count.max(1) as f64, p99))
}

/// Processor time for one delivery, at a steady pace.
fn deliveries(context: &Context, house: &House, crowd: &mut Crowd, room: &str) -> Outcome<f64> {
    let (side, width) = (0, frame::DIGITS);
    let pause = Duration::from_secs(1) / RATE;
    let from = crowd.tallies[side].flights.len();
    // What the sends have left to do is theirs.
    crowd.listen(Instant::now() + context.window(2))?;
    let cpu = house.server.cpu()?;
    let mut next = Instant::now();
    for _ in 0..(context.window(4).as_secs() as u32 * RATE) {
        crowd.listen(next)?;
        let number = crowd.tallies[side].depart();
        let text = format!("bench {number:0width$} {}", "x".repeat(64));
        crowd
            .say(0, &format!(r#"42/chat,{number}["message",{{"room":"{room}","key":"d{number}","text":"{text}"}}]"#))?;
        next += pause;
    }
    crowd.quiet(side, Duration::from_secs(15))?;
    let cpu = house.server.cpu()? - cpu;
    let heard: u64 = crowd.tallies[side].flights[from..].iter().map(|flight| u64::from(flight.heard)).sum();
    Ok(cpu.as_secs_f64() * 1e6 / heard.max(1) as f64)
}
