//! The cost of a server with many rooms: a message, a delivery, the lobby, the memory.

use std::time::Duration;

use serde_json::{Value, json};

use super::history::{connect_senders, texts};
use crate::Outcome;
use crate::context::Context;
use crate::http::{load_pages, page_request};
use crate::load::{AT_ONCE, Load, Setup, frame};
use crate::server::{Kind, Madang, UNLIMITED_WITHOUT_PINGS, hello, message};

const ROOMS: [usize; 5] = [1, 100, 1_000, 10_000, 100_000];
/// Users who own the rooms, and connections that send to them.
const OWNERS: usize = 64;
/// Members of the room in which deliveries are counted, and messages a second there.
const MEMBERS: usize = 1_000;
const MESSAGES_A_SECOND: u32 = 20;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let madang = Madang::start(context, Kind::Madang, &UNLIMITED_WITHOUT_PINGS)?;
    let port = madang.process.port;
    let members = context.size(MEMBERS, 100);
    let tokens = madang.guests(members.max(OWNERS))?;
    let large = madang.room(&tokens[0], members + 1)?;
    let mut load = Load::new(port)?;
    for token in &tokens[..members] {
        load.add(Setup { hello: Some(hello(token, &large)), ..Setup::default() });
    }
    load.join_all(AT_ONCE)?;
    let (mut rooms, mut rows) = (Vec::new(), Vec::new());
    for total in ROOMS.into_iter().filter(|total| *total <= context.size(usize::MAX, 1_000)) {
        context.progress(format!("{total} rooms are created"));
        let owners: Vec<&str> = (rooms.len()..total).map(|room| tokens[room % OWNERS].as_str()).collect();
        rooms.extend(madang.rooms(&owners, 50, true)?);
        context.progress(format!("{total} rooms: sends"));
        let mut row = sends(context, &madang, &tokens, &rooms)?;
        context.progress(format!("{total} rooms: deliveries"));
        row["rooms"] = total.into();
        row["delivery_us"] = deliveries(context, &madang, &mut load, &large)?.into();
        row["lobby"] = load_pages(port, 32, context.window(5), &[page_request("/", "", false)])?.per_second.into();
        load.run_for(Duration::from_secs(2))?;
        row["memory"] = madang.process.memory()?.into();
        rows.push(row);
    }
    match load.deliveries.faults(0) {
        0 => Ok(json!({ "rows": rows })),
        faults => Err(format!("{faults} deliveries lost, doubled or out of order").into()),
    }
}

/// Measures messages over all rooms: each connection sends to one room of its user after the other.
fn sends(context: &Context, madang: &Madang, tokens: &[String], rooms: &[String]) -> Outcome<Value> {
    let (texts, owners) = (texts(), OWNERS.min(rooms.len()));
    // A sender never uses a key twice, also not in another stage.
    let stage = rooms.len();
    let mut load = Load::with_script(madang.process.port, |sender, number| {
        let owner = sender % owners;
        let own_rooms = (rooms.len() - owner).div_ceil(OWNERS);
        let room = &rooms[owner + OWNERS * (number as usize % own_rooms)];
        let text = &texts[(sender * 7 + number as usize) % texts.len()];
        message(room, &format!("{stage}-{sender}-{number}"), number, text)
    })?;
    let senders: Vec<&str> = (0..OWNERS).map(|sender| tokens[sender % owners].as_str()).collect();
    connect_senders(&mut load, &senders)?;
    let window = load.send_for(OWNERS, &madang.process, context.window(1), context.window(4))?;
    Ok(json!({ "sends": window.per_second, "send_us": window.cpu_us, "ack_p99": window.ack.p99 }))
}

/// Measures the processor time for one delivery, at a fixed rate.
fn deliveries(context: &Context, madang: &Madang, load: &mut Load<'_>, room: &str) -> Outcome<f64> {
    // What the sends have left to do does not count.
    load.run_for(context.window(2))?;
    let count = context.window(4).as_secs() as u32 * MESSAGES_A_SECOND;
    load.cost_of_delivery(&madang.process, count, Duration::from_secs(1) / MESSAGES_A_SECOND, |load| {
        let number = load.deliveries.sending();
        let text = frame::numbered(number, &"x".repeat(64));
        load.send(0, &message(room, &format!("d{number}"), number, &text))
    })
}
