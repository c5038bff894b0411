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
use crate::report::{Line, Plot, Scenario, Table, Target};
use crate::server::{Kind, Server};
use crate::times::{Times, median};

const SENDERS: [usize; 4] = [1, 16, 64, 256];
/// Members of a small room.
const PAIR: usize = 2;
/// Windows of each server with a lone sender.
const ROUNDS: usize = 5;
/// The file that is synced: the size of a page, pages of the file, and syncs.
const PAGE: u64 = 4096;
const PAGES: u64 = 64;
const SYNCS: u64 = 500;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sends",
    measure,
    tables: &[
        Table {
            title: "A lone sender's durable messages in a room of two, beside Express: medians of windows in turns",
            rows: "lone",
            columns: &[
                ("one sender", "kind"),
                ("a second", "per_second"),
                ("Express", "express.per_second"),
                ("is ×", "over_express"),
                ("p50 ms", "p50_ms"),
                ("Express", "express.p50_ms"),
                ("µs each", "cpu_us"),
                ("Express", "express.cpu_us"),
            ],
        },
        Table {
            title: "Durable messages, acknowledged",
            rows: "rows",
            columns: &[
                ("senders", "senders"),
                ("in one room", "is_one_room"),
                ("server", "kind"),
                ("a second", "per_second"),
                ("p50 ms", "ack.p50"),
                ("p99 ms", "ack.p99"),
                ("mean ms", "ack.mean"),
                ("µs each", "cpu_us"),
            ],
        },
        Table {
            title: "The store alone, and plain inserts of the same rows: messages a second",
            rows: "store",
            columns: &[
                ("writers, rows of a batch", "writers"),
                ("search index", "has_index"),
                ("Db::write", "store"),
                ("plain inserts", "raw"),
                ("share", "share"),
            ],
        },
        Table {
            title: "The disk: a write of 4 KB and its sync",
            rows: "disk",
            columns: &[("", "when"), ("p50 ms", "syncs.p50"), ("p99 ms", "syncs.p99"), ("slowest ms", "syncs.max")],
        },
    ],
    plots: &[Plot {
        file: "sends",
        title: "Durable messages acknowledged, rooms of two",
        across: "senders",
        up: "a second, one core",
        is_log: true,
        lines: &[
            Line { rows: "rows is_one_room=false", name: "", x: "senders", y: "per_second" },
            Line { rows: "store has_index=true", name: "plain inserts, search on", x: "writers", y: "raw" },
        ],
    }],
    targets: &[
        Target::AtLeast("a lone sender's acked sends over Express", 1.1, "×", "lone kind=madang over_express"),
        Target::AtLeast(
            "acked sends a second, 256 in rooms of two",
            15_000.0,
            "",
            "rows kind=madang senders=256 is_one_room=false per_second",
        ),
        Target::AtLeast(
            "the same, SEARCH=off",
            20_000.0,
            "",
            "rows kind=madang-unindexed senders=256 is_one_room=false per_second",
        ),
        Target::AtLeast(
            "the same, over Express",
            4.0,
            "×",
            "rows kind=madang senders=256 is_one_room=false over_express",
        ),
        Target::AtMost(
            "their p99 over their mean",
            2.5,
            "×",
            "rows kind=madang senders=256 is_one_room=false p99_over_mean",
        ),
        Target::AtLeast(
            "the store alone, 256 writers, of plain inserts",
            0.5,
            "×",
            "store writers=256 has_index=true share",
        ),
    ],
};

fn measure(context: &Context) -> Outcome<Value> {
    context.progress("syncs of the disk");
    let before = json!({ "when": "before", "syncs": sync_times()? });
    let lone = lone_sender(context)?;
    let mut rows: Vec<Value> = Vec::new();
    for is_one_room in [false, true] {
        for senders in SENDERS {
            let start = rows.len();
            for kind in context.kinds(&[Kind::Madang, Kind::MadangUnindexed, Kind::Express]) {
                let place = if is_one_room { "one room" } else { "rooms of two" };
                context.progress(format!("{senders} senders, {place}: {}", kind.name()));
                let Sending { per_second, ack, cpu_us } =
                    Room::open(context, kind, senders, is_one_room)?.send(context, 4)?;
                rows.push(json!({
                    "kind": kind, "senders": senders, "is_one_room": is_one_room, "per_second": per_second, "ack": ack,
                    "cpu_us": cpu_us, "p99_over_mean": ack.p99 / ack.mean,
                }));
            }
            // Express is the last.
            let express = rows[rows.len() - 1]["per_second"].as_f64().unwrap_or_default();
            for row in &mut rows[start..] {
                row["over_express"] = (row["per_second"].as_f64().unwrap_or_default() / express).into();
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
    let after = json!({ "when": "after", "syncs": sync_times()? });
    Ok(json!({ "disk": [before, after], "lone": lone, "rows": rows, "store": store }))
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
    let figures = |windows: &[Sending]| {
        let median_of = |figure: fn(&Sending) -> f64| median(windows.iter().map(figure));
        let (p50, p99) = (median_of(|window| window.ack.p50), median_of(|window| window.ack.p99));
        let (rate, cpu) = (median_of(|window| window.per_second), median_of(|window| window.cpu_us));
        (rate, json!({ "per_second": rate, "p50_ms": p50, "p99_ms": p99, "cpu_us": cpu }))
    };
    let (express_rate, express) = figures(&windows[windows.len() - 1]);
    let row = |(kind, windows): (&Kind, &Vec<Sending>)| {
        let (rate, mut row) = figures(windows);
        row["kind"] = json!(kind);
        row["express"] = express.clone();
        row["over_express"] = (rate / express_rate).into();
        row
    };
    Ok(kinds.iter().zip(&windows).take(kinds.len() - 1).map(row).collect())
}

/// Writes a page of a file again and again, as a database writes its log, and syncs each time.
fn sync_times() -> Outcome<Value> {
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
    Ok(json!(times.summary()))
}

/// Measures the store without the network, and plain inserts of the same rows.
fn store_alone(context: &Context, writers: usize, has_index: bool) -> Outcome<Value> {
    let folder = Folder::new()?;
    let window: Duration = context.window(2);
    let mut command = pinned(context.server_core, &context.store);
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
