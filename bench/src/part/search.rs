//! How long a search takes among many messages, asked one after the other as a browser does.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::filled::Filled;
use crate::Outcome;
use crate::context::Context;
use crate::prose::{self, Chance};
use crate::rest::Rest;
use crate::times::{Times, Told};

#[derive(Serialize, Deserialize)]
pub(crate) struct Search {
    pub(crate) messages: usize,
    pub(crate) queries: usize,
    /// Messages found on all first pages.
    pub(crate) found: usize,
    pub(crate) times: Told,
}

pub(crate) fn run(context: &Context, filled: &Filled) -> Outcome<Search> {
    let queries = context.many(1_000, 100);
    context.doing(format!("{queries} searches among {} messages", filled.messages));
    let mut chance = Chance::new(7);
    let mut rest = Rest::connect(filled.house.server.port)?;
    let (mut times, mut found) = (Times::new()?, 0);
    for _ in 0..queries {
        let path = format!("/api/search?limit=50&q={}", percent(&prose::query(&mut chance)));
        let begun = Instant::now();
        let answer = rest.get(&path, &filled.token)?;
        times.record(begun.elapsed());
        found += answer["messages"].as_array().map_or(0, Vec::len);
    }
    if found == 0 {
        return Err("nothing was found by any search".into());
    }
    Ok(Search { messages: filled.messages, queries, found, times: times.told() })
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
