//! Messages through the writer with all checks, as REST and sockets send them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use madang::chat::member::{self, Proof};
use madang::chat::message::{self, NewMessage};
use madang::chat::room::{self, NewRoom};
use madang::chat::{Fact, Limits, user};
use madang::clock::now_ms;
use madang::db::{Db, Options, Subject};
use madang::ids::{RoomId, UserId};

use crate::Outcome;
use crate::prose::{self, Chance};

/// The time before the first message that counts.
const WARM_UP: Duration = Duration::from_millis(500);
/// Different texts of a writer.
const TEXTS: usize = 64;

/// Returns committed messages a second, by so many tasks, two in each room.
pub(crate) fn measure(database: &Path, writers: usize, window: Duration, has_index: bool) -> Outcome<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let db = open(database, has_index)?;
        let limits = Arc::new(Limits::default());
        let mut people = Vec::new();
        for _ in 0..writers.div_ceil(2) {
            people.extend(pair(&db, &limits).await?);
        }
        people.truncate(writers);
        let counts_from = Instant::now() + WARM_UP;
        let until = counts_from + window;
        let mut tasks = tokio::task::JoinSet::new();
        for (writer, (me, room)) in people.into_iter().enumerate() {
            let (db, limits) = (db.clone(), limits.clone());
            tasks.spawn(async move { write(db, limits, writer, me, room, counts_from, until).await });
        }
        let mut count = 0;
        while let Some(done) = tasks.join_next().await {
            count += done??;
        }
        db.close().await;
        Ok(count as f64 / window.as_secs_f64())
    })
}

/// Opens the store with its schema, as the server does.
pub(crate) fn open(database: &Path, has_index: bool) -> Outcome<Db<Fact>> {
    let options = Options { has_index, ..Options::new(database) };
    Db::open(options, |facts: Vec<Fact>| drop(facts)).map_err(|fault| fault.to_string().into())
}

/// Creates two users and their room.
async fn pair(db: &Db<Fact>, limits: &Arc<Limits>) -> Result<[(UserId, RoomId); 2], String> {
    let limits = limits.clone();
    let made = db.write(Subject::Server, move |tx| {
        let first = user::make_friendly_guest(tx, &limits, now_ms(), "Mira")?.id;
        let second = user::make_friendly_guest(tx, &limits, now_ms(), "Jun")?.id;
        let new = NewRoom { title: "Courtyard".into(), max: Some(2), ..NewRoom::default() };
        let room = room::create(tx, &limits, now_ms(), first, new)?.id;
        member::join(tx, now_ms(), second, room, Proof::Open, true)?;
        Ok([(first, room), (second, room)])
    });
    made.await.map_err(|error| error.to_string())
}

async fn write(
    db: Db<Fact>,
    limits: Arc<Limits>,
    writer: usize,
    me: UserId,
    room: RoomId,
    counts_from: Instant,
    until: Instant,
) -> Result<u64, String> {
    let mut chance = Chance::new(writer as u64);
    let texts: Vec<String> = (0..TEXTS).map(|_| prose::message(&mut chance)).collect();
    let (mut count, mut number) = (0, 0_usize);
    while Instant::now() < until {
        let new = NewMessage {
            key: Some(format!("k{number}")),
            text: texts[number % TEXTS].clone(),
            ..NewMessage::default()
        };
        let limits = limits.clone();
        let sent = db.write(room, move |tx| message::send(tx, &limits, now_ms(), me, room, new.clone())).await;
        sent.map_err(|error| error.to_string())?;
        number += 1;
        count += u64::from((counts_from..until).contains(&Instant::now()));
    }
    Ok(count)
}
