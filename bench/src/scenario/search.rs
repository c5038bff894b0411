//! The time of a search in a long history, one after the other as a browser searches.

use std::time::Instant;

use serde_json::{Value, json};

use super::history;
use crate::Outcome;
use crate::context::Context;
use crate::http::Http;
use crate::prose::{self, Chance};
use crate::times::Times;

pub(super) fn measure(context: &Context) -> Outcome<Value> {
    let history = history::get(context)?;
    let queries = context.size(1_000, 100);
    context.progress(format!("{queries} searches in {} messages", history.messages));
    let mut chance = Chance::new(7);
    let mut http = Http::connect(history.madang.process.port)?;
    let (mut times, mut found) = (Times::new()?, 0);
    for _ in 0..queries {
        let query: String = prose::query(&mut chance).bytes().map(|byte| format!("%{byte:02X}")).collect();
        let started = Instant::now();
        let response = http.get(&format!("/api/search?limit=50&q={query}"), &history.tokens[0])?;
        times.record(started.elapsed());
        found += response["messages"].as_array().map_or(0, Vec::len);
    }
    if found == 0 {
        return Err("no search found anything".into());
    }
    let messages = history.messages;
    Ok(json!({ "messages": messages, "queries": queries, "found": found, "times": times.summary() }))
}
