//! Durable messages: acknowledged messages a second and their times, a lone sender beside Express, and
//! what the store and SQLite reach without the network.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::history::texts;
use crate::Outcome;
use crate::context::Context;
use crate::load::{AT_ONCE, Load, Sending};
use crate::process::{Folder, pinned, spawn_error};
use crate::server::{Kind, Server};
use crate::times::{Summary, Times, median};

const SENDERS: [usize; 4] = [1, 16, 64, 256];
/// Members of a small room.
const PAIR: usize = 2;
/// Windows of each server with a lone sender.
const ROUNDS: usize = 5;
/// The file that is synced: the size of a page, pages of the file, and syncs.
const PAGE: u64 = 4096;
const PAGES: u64 = 64;
const SYNCS: u64 = 500;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    context.progress("syncs of the disk");
    let before = sync_times()?;
    let lone = lone_sender(context)?;
    let mut rows: Vec<Value> = Vec::new();
    for is_one_room in [false, true] {
        for senders in SENDERS {
            for kind in context.kinds(&[Kind::Madang, Kind::MadangUnindexed, Kind::Express]) {
                let place = if is_one_room { "one room" } else { "rooms of two" };
                context.progress(format!("{senders} senders, {place}: {}", kind.name()));
                let Sending { per_second, ack, cpu_us } =
                    Room::open(context, kind, senders, is_one_room)?.send(context, 4)?;
                rows.push(json!({
                    "kind": kind, "senders": senders, "is_one_room": is_one_room, "per_second": per_second, "ack": ack,
                    "cpu_us": cpu_us,
                }));
            }
        }
    }
    let mut store = Vec::new();
    for has_index in [true, false] {
        for writers in SENDERS {
            context.progress(format!("the store alone, {writers} writers"));
            store.push(store_alone(context, writers, has_index)?);
        }
    }
    Ok(json!({ "syncs": [before, sync_times()?], "lone": lone, "rows": rows, "store": store }))
}

/// A server whose members send.
struct Room {
    kind: Kind,
    server: Rc<Server>,
    load: Load<'static>,
    senders: usize,
}

impl Room {
    fn open(context: &Context, kind: Kind, senders: usize, is_one_room: bool) -> Outcome<Self> {
        // A lone sender has a reader too.
        let members = senders.max(PAIR);
        let per_room = if is_one_room { members } else { PAIR };
        let server = Rc::new(Server::start(context, kind, members, per_room)?);
        let (scripted, texts) = (server.clone(), texts());
        let mut load = Load::with_script(server.process.port, move |sender, number| {
            scripted.message(sender, number, &texts[(sender * 7 + number as usize) % texts.len()])
        })?;
        load.add_members(&server, 0..members);
        load.join_all(AT_ONCE)?;
        Ok(Self { kind, server, load, senders })
    }

    fn send(&mut self, context: &Context, seconds: u64) -> Outcome<Sending> {
        let (warm_up, window) = (context.window(1), context.window(seconds));
        self.load.send_for(self.senders, &self.server.process, warm_up, window)
    }
}

/// Measures one sender on each server in turns, as the disk changes from minute to minute.
fn lone_sender(context: &Context) -> Outcome<Vec<Value>> {
    let kinds = context.kinds(&[Kind::Madang, Kind::Express]);
    let mut rooms = kinds.iter().map(|kind| Room::open(context, *kind, 1, false)).collect::<Outcome<Vec<_>>>()?;
    let mut windows: Vec<Vec<Sending>> = kinds.iter().map(|_| Vec::new()).collect();
    for round in 1..=context.size(ROUNDS, 1) {
        for (room, windows) in rooms.iter_mut().zip(&mut windows) {
            context.progress(format!("a lone sender, round {round}: {}", room.kind.name()));
            windows.push(room.send(context, 3)?);
        }
    }
    let row = |(kind, windows): (&Kind, &Vec<Sending>)| {
        let median_of = |figure: fn(&Sending) -> f64| median(windows.iter().map(figure));
        json!({
            "kind": kind, "per_second": median_of(|window| window.per_second),
            "p50_ms": median_of(|window| window.ack.p50), "p99_ms": median_of(|window| window.ack.p99),
            "cpu_us": median_of(|window| window.cpu_us),
        })
    };
    Ok(kinds.iter().zip(&windows).map(row).collect())
}

/// Writes a page of a file again and again, as a database writes its log, and syncs each time.
fn sync_times() -> Outcome<Summary> {
    let folder = Folder::new()?;
    let file = File::create(folder.0.join("page"))?;
    let mut times = Times::new()?;
    for number in 0..SYNCS {
        let started = Instant::now();
        file.write_all_at(&[1; PAGE as usize], number % PAGES * PAGE)?;
        file.sync_data()?;
        // In the first round the file still grows.
        if number >= PAGES {
            times.record(started.elapsed());
        }
    }
    Ok(times.summary())
}

/// Measures the store without the network, and plain inserts of the same rows.
fn store_alone(context: &Context, writers: usize, has_index: bool) -> Outcome<Value> {
    let folder = Folder::new()?;
    let window: Duration = context.window(2);
    let mut command = pinned(&context.server_core, &context.store);
    command.arg("--folder").arg(&folder.0).arg("--writers").arg(writers.to_string());
    command.arg("--milliseconds").arg(window.as_millis().to_string());
    if has_index {
        command.arg("--has-index");
    }
    let output = command.output().map_err(|error| spawn_error(&error))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {stderr}", context.store.display()).into());
    }
    let mut row: Value = serde_json::from_slice(&output.stdout)?;
    row["writers"] = writers.into();
    row["has_index"] = has_index.into();
    Ok(row)
}
