//! Durable messages: how many are acknowledged a second, how long that takes, and what the store and
//! the engine below it would do by themselves.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::house::Folder;
use crate::prose::{self, Chance};
use crate::stand::{Kind, Plan, Stand};
use crate::talkers::Talkers;
use crate::times::{Times, Told};

const SENDERS: [usize; 4] = [1, 16, 64, 256];
/// People of a room where not all are in one.
const PAIR: usize = 2;
/// Different texts.
const TEXTS: usize = 512;
/// Bytes of a page, pages of the file that is synced, and how often it is.
const PAGE: u64 = 4096;
const PAGES: u64 = 64;
const SYNCS: u64 = 500;

#[derive(Serialize, Deserialize)]
pub(crate) struct Sends {
    /// A write of 4 KB with its sync, before all this and after it: what the disk gives.
    pub(crate) syncs: Vec<Told>,
    pub(crate) rows: Vec<Row>,
    pub(crate) store: Vec<Store>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) senders: usize,
    /// Whether all are in one room; else in rooms of two.
    pub(crate) is_one_room: bool,
    pub(crate) per_second: f64,
    /// From the message to its answer.
    pub(crate) ack: Told,
    /// Microseconds of the server's processor time for one message, its deliveries included.
    pub(crate) cpu_us: f64,
}

/// The store alone, and plain inserts of the same rows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) writers: usize,
    pub(crate) has_index: bool,
    pub(crate) store: f64,
    pub(crate) raw: f64,
    /// What of the raw limit the store reached, turn by turn; the median.
    pub(crate) share: f64,
}

impl Sends {
    pub(crate) fn row(&self, kind: Kind, senders: usize, is_one_room: bool) -> Option<&Row> {
        let is_it = |row: &&Row| row.kind == kind && row.senders == senders && row.is_one_room == is_one_room;
        self.rows.iter().find(is_it)
    }

    pub(crate) fn store(&self, writers: usize, has_index: bool) -> Option<&Store> {
        self.store.iter().find(|row| row.writers == writers && row.has_index == has_index)
    }
}

pub(crate) fn run(context: &Context) -> Outcome<Sends> {
    let texts = texts();
    context.doing("the disk's own syncs");
    let mut syncs = vec![sync_times()?];
    let mut rows = Vec::new();
    for is_one_room in [false, true] {
        for senders in SENDERS {
            for kind in [Kind::Madang, Kind::MadangUnindexed, Kind::Express] {
                let place = if is_one_room { "in one room" } else { "in rooms of two" };
                context.doing(format!("{senders} send {place}: {}", kind.name()));
                rows.push(one(context, kind, senders, is_one_room, &texts)?);
            }
        }
    }
    let mut store = Vec::new();
    for has_index in [true, false] {
        for writers in SENDERS {
            context.doing(format!("the store alone, {writers} write"));
            store.push(alone(context, writers, has_index)?);
        }
    }
    syncs.push(sync_times()?);
    Ok(Sends { syncs, rows, store })
}

/// Writes a page to a file over and over, as the log of a database is written, and syncs each time.
fn sync_times() -> Outcome<Told> {
    let folder = Folder::new()?;
    let file = File::create(folder.path().join("page"))?;
    let mut times = Times::new()?;
    for number in 0..SYNCS {
        let begun = Instant::now();
        file.write_all_at(&[1; PAGE as usize], number % PAGES * PAGE)?;
        file.sync_data()?;
        // In the first round the file still grows.
        if number >= PAGES {
            times.record(begun.elapsed());
        }
    }
    Ok(times.told())
}

/// Texts as people write them, ready to stand in JSON.
pub(crate) fn texts() -> Vec<String> {
    let mut chance = Chance::new(11);
    let text = |_| serde_json::Value::from(prose::message(&mut chance)).to_string();
    (0..TEXTS).map(text).map(|quoted| quoted[1..quoted.len() - 1].to_owned()).collect()
}

fn one(context: &Context, kind: Kind, senders: usize, is_one_room: bool, texts: &[String]) -> Outcome<Row> {
    // Nobody is alone in a room, also where only one talks.
    let members = senders.max(PAIR);
    let per_room = if is_one_room { members } else { PAIR };
    let stand = Stand::open(context, kind, Plan { members, per_room })?;
    let script =
        |place: usize, number: u64| stand.message(place, number, &texts[(place * 7 + number as usize) % texts.len()]);
    let mut talkers = Talkers::new(stand.server.port, &script)?;
    for member in 0..members {
        talkers.add(stand.hello(member).ok_or("nothing to say")?, true)?;
    }
    talkers.all_come()?;
    talkers.begin(0..senders)?;
    talkers.talk(context.window(1))?;
    let cpu = stand.server.cpu()?;
    let window = context.window(4);
    let times = talkers.talk(window)?;
    let (count, ack) = (times.count(), times.told());
    let cpu = stand.server.cpu()? - cpu;
    talkers.end()?;
    let per_second = count as f64 / window.as_secs_f64();
    Ok(Row { kind, senders, is_one_room, per_second, ack, cpu_us: cpu.as_secs_f64() * 1e6 / count.max(1) as f64 })
}

fn alone(context: &Context, writers: usize, has_index: bool) -> Outcome<Store> {
    #[derive(Deserialize)]
    struct Line {
        store: f64,
        raw: f64,
        share: f64,
    }
    let folder = Folder::new()?;
    let window: Duration = context.window(2);
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(context.server_core.to_string()).arg(&context.store);
    command.arg("--folder").arg(folder.path()).arg("--writers").arg(writers.to_string());
    command.arg("--milliseconds").arg(window.as_millis().to_string());
    if has_index {
        command.arg("--has-index");
    }
    let output = command.output().map_err(|error| format!("cannot start taskset: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} failed: {said}", context.store.display()).into());
    }
    let Line { store, raw, share } = serde_json::from_slice(&output.stdout)?;
    Ok(Store { writers, has_index, store, raw, share })
}
