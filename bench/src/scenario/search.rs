//! The time of a search in a long history, one after the other as a browser searches: on SQLite, and of the same messages on
//! PostgreSQL, where the hits must be the same.

use std::time::Instant;

use serde_json::{Value, json};

use super::history;
use super::nodes::Backends;
use crate::Outcome;
use crate::context::Context;
use crate::http::Http;
use crate::prose::{self, Chance};
use crate::times::{Summary, Times};

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let history = history::get(context)?;
    let queries = context.size(1_000, 100);
    context.progress(format!("{queries} searches in {} messages", history.messages));
    let sqlite = Searches::run(history.madang.process.port, &history.tokens[0], queries)?;
    if sqlite.hits.iter().all(Vec::is_empty) {
        return Err("no search found anything".into());
    }
    context.progress("the messages are moved to PostgreSQL");
    let backends = Backends::start()?;
    let moved = history.copy(context, &backends.settings(false))?;
    context.progress(format!("{queries} searches on PostgreSQL"));
    let postgres = Searches::run(moved.process.port, &history.tokens[0], queries)?;
    if postgres.hits != sqlite.hits {
        return Err("a search finds something else on PostgreSQL".into());
    }
    let rows = [("SQLite", sqlite.times), ("PostgreSQL", postgres.times)];
    let rows: Vec<Value> = rows.into_iter().map(|(store, times)| json!({ "store": store, "times": times })).collect();
    Ok(json!({ "messages": history.messages, "queries": queries, "rows": rows }))
}

struct Searches {
    times: Summary,
    /// The ids of the messages that each has found.
    hits: Vec<Vec<String>>,
}

impl Searches {
    fn run(port: u16, token: &str, queries: usize) -> Outcome<Self> {
        let (mut chance, mut http) = (Chance::new(7), Http::connect(port)?);
        let (mut times, mut hits) = (Times::new()?, Vec::new());
        for _ in 0..queries {
            let query: String = prose::query(&mut chance).bytes().map(|byte| format!("%{byte:02X}")).collect();
            let started = Instant::now();
            let response = http.get(&format!("/api/search?limit=50&q={query}"), token)?;
            times.record(started.elapsed());
            let found = response["messages"].as_array().into_iter().flatten();
            hits.push(found.filter_map(|message| message["id"].as_str().map(str::to_owned)).collect());
        }
        Ok(Self { times: times.summary(), hits })
    }
}
