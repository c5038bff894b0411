//! The store alone: sends through `Db::write` by many at once, against the same rows written by
//! nothing but SQLite in batches of the same size, each with its own sync.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use madang::chat::member::{self, Proof};
use madang::chat::message::{self, New};
use madang::chat::room::{self, NewRoom};
use madang::chat::{Db, Limits, user};
use madang::clock::now_ms;
use madang::db::Options as StoreOptions;
use madang::ids::{RoomId, UserId};
use madang::text::{fold, token};
use rusqlite::{Connection, params};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::house::Folder;
use crate::process;
use crate::prose::{self, Chance};

/// Above every seq that laying the scene has used.
const FREE_SEQ: i64 = 1_000;

#[derive(Args)]
pub(crate) struct Options {
    /// Writers, two in each room. A batch of the raw limit has as many rows.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(2..=1_024))]
    writers: u32,
    /// How long each side writes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Turns of each side.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Keep messages by their words.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    search: bool,
    /// The core of all that is measured here.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
}

pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::pin(options.server_core)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let (mut store, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        store.push(runtime.block_on(sends(options))?);
        raw.push(rows(options, &runtime)?);
    }
    let ratio = median(store.iter().zip(&raw).map(|(store, raw)| store.rate / raw.rate).collect());
    println!("{} writers, search {}", options.writers, if options.search { "on" } else { "off" });
    let mut figures = json!({ "writers": options.writers, "search": options.search, "ratio": ratio });
    for (name, key, turns) in [("Db::write", "sends", store), ("the raw limit", "raw", raw)] {
        let rate = median(turns.iter().map(|turn| turn.rate).collect());
        let cpu = median(turns.iter().map(|turn| turn.cpu).collect());
        println!("{name:<20}  {rate:9.0} a second, {cpu:6.1} µs of processor each");
        figures[key] = json!({ "rate": rate, "cpu_us": cpu });
    }
    println!("ratio                 {ratio:9.2}");
    println!("{figures}");
    Ok(())
}

/// One turn of one side.
struct Turn {
    /// Messages a second.
    rate: f64,
    /// Microseconds of processor time for each.
    cpu: f64,
}

/// A turn under way.
struct Watch {
    begun: Instant,
    cpu: Duration,
}

impl Watch {
    fn start() -> Outcome<Self> {
        Ok(Self { begun: Instant::now(), cpu: process::own_cpu()? })
    }

    fn stop(self, written: u64) -> Outcome<Turn> {
        let cpu = (process::own_cpu()? - self.cpu).as_secs_f64() * 1e6 / written.max(1) as f64;
        Ok(Turn { rate: written as f64 / self.begun.elapsed().as_secs_f64(), cpu })
    }
}

/// What is said in one house: who says it, and where.
struct Scene {
    db: Db,
    places: Vec<(UserId, RoomId)>,
    folder: Folder,
}

impl Scene {
    async fn lay(options: &Options) -> Outcome<Self> {
        let folder = Folder::new()?;
        let store = StoreOptions { has_index: options.search, ..StoreOptions::new(folder.0.join("madang.db")) };
        let db = Db::open(store, drop)?;
        let mut places = Vec::new();
        for _ in 0..options.writers.div_ceil(2) {
            let pair = db.write(|tx| {
                let (limits, now) = (Limits::default(), now_ms());
                let [first, second] = ["Mira", "Jun"].map(|name| user::make_friendly_guest(tx, &limits, now, name));
                let (first, second) = (first?.id, second?.id);
                let new = NewRoom { title: "courtyard".into(), max: Some(2), ..NewRoom::default() };
                let room = room::create(tx, &limits, now, first, new)?.id;
                member::join(tx, now, second, room, Proof::Open, true)?;
                Ok([(first, room), (second, room)])
            });
            places.extend(pair.await?);
        }
        places.truncate(options.writers as usize);
        Ok(Self { db, places, folder })
    }
}

/// Sends a second by all writers, each with the next as soon as the last is durable.
async fn sends(options: &Options) -> Outcome<Turn> {
    let scene = Scene::lay(options).await?;
    let watch = Watch::start()?;
    let until = watch.begun + Duration::from_secs(options.seconds);
    let mut writers = JoinSet::new();
    for (place, &(me, room)) in scene.places.iter().enumerate() {
        let db = scene.db.clone();
        writers.spawn(async move {
            let mut chance = Chance::new(place as u64);
            let mut sent = 0_u64;
            while Instant::now() < until {
                let new = New { key: Some(format!("k{sent}")), text: prose::message(&mut chance), ..New::default() };
                let act = db.write(move |tx| message::send(tx, &Limits::default(), now_ms(), me, room, new));
                act.await.map_err(|error| error.to_string())?;
                sent += 1;
            }
            Ok::<_, String>(sent)
        });
    }
    let mut all = 0;
    while let Some(sent) = writers.join_next().await {
        all += sent??;
    }
    let turn = watch.stop(all);
    scene.db.close().await;
    turn
}

/// The rows that those sends leave in the tables of messages and words, a second, by nothing but
/// SQLite.
fn rows(options: &Options, runtime: &Runtime) -> Outcome<Turn> {
    let scene = runtime.block_on(Scene::lay(options))?;
    runtime.block_on(scene.db.close());
    let mut connection = connect(&scene.folder.0.join("madang.db"))?;
    let places = members(&connection)?;
    let mut chance = Chance::new(0);
    let mut written = 0_u64;
    let watch = Watch::start()?;
    while watch.begun.elapsed() < Duration::from_secs(options.seconds) {
        let batch = connection.transaction()?;
        {
            let mut insert = batch.prepare_cached(
                "INSERT INTO messages (id, room_id, seq, rev, kind, user_id, text, file_count, key, created_at)
                 VALUES (?1, ?2, ?3, ?3, 'text', ?4, ?5, 0, ?6, ?7)",
            )?;
            let mut index = batch.prepare_cached("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?;
            for (room, me) in &places {
                let text = prose::message(&mut chance);
                let (id, key) = ((written as u128).to_be_bytes(), format!("k{written}"));
                insert.execute(params![id, room, FREE_SEQ + written as i64, me, text, key, now_ms()])?;
                if options.search {
                    index.execute(params![batch.last_insert_rowid(), words(&text, room, me)])?;
                }
                written += 1;
            }
        }
        batch.commit()?;
    }
    watch.stop(written)
}

/// The words of a message as the server keeps them: those of its text, its room and its author.
fn words(text: &str, room: &[u8], me: &[u8]) -> String {
    let id = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{} \u{e002}{} \u{e000}{}", token::tokens(&fold(text)).join(" "), &id(me)[..26], &id(room)[..26])
}

/// Who is where, as the columns hold it.
fn members(connection: &Connection) -> Outcome<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut all = connection.prepare("SELECT room_id, user_id FROM members")?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn connect(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;")?;
    Ok(connection)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
