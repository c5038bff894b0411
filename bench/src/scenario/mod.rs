//! The scenarios: one file for each figure, which it returns as JSON; `bench/report` shows them.

mod connects;
mod cores;
mod fanout;
pub(crate) mod history;
mod hostile;
mod memory;
mod nodes;
mod pages;
mod pgbench;
mod pushes;
mod rooms;
mod search;
mod sends;
mod shapes;
mod sockets;
mod stalled;
mod start;
mod storm;
mod tls;

use std::process::Command;
use std::time::Instant;

use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::context::Context;
use crate::machine::Machine;
use crate::process::Folder;

type Measure = fn(&Context) -> Outcome<Value>;

const ALL: [(&str, Measure); 16] = [
    ("start", start::measure),
    ("fanout", fanout::measure),
    ("memory", memory::measure),
    ("connects", connects::measure),
    ("tls", tls::measure),
    ("cores", cores::measure),
    ("sends", sends::measure),
    ("nodes", nodes::measure),
    ("sockets", sockets::measure),
    ("rooms", rooms::measure),
    ("pages", pages::measure),
    ("search", search::measure),
    ("hostile", hostile::measure),
    ("stalled", stalled::measure),
    ("pushes", pushes::measure),
    ("storm", storm::measure),
];

pub(crate) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(["all", "report"].into_iter().chain(ALL.iter().map(|(name, _)| *name)))
}

/// Measures a scenario, or all, and reports every figure, also those of earlier runs.
pub(crate) fn run(context: &Context, only: &str) -> Outcome<()> {
    // A quick run reads and saves no figures.
    let folder = Folder::new()?;
    let file = context.size(&context.docs, &folder.0).join("performance.json");
    let mut results: Map<String, Value> = match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?,
        Err(_) => Map::new(),
    };
    let machine = Machine::read(context)?;
    for (name, measure) in ALL.iter().filter(|(name, _)| only == "all" || only == *name) {
        let started = Instant::now();
        let figures = measure(context).map_err(|error| format!("{name}: {error}"))?;
        results.insert((*name).to_owned(), json!({ "machine": machine, "figures": figures }));
        // A later scenario may fail.
        std::fs::write(&file, serde_json::to_string_pretty(&results)? + "\n")?;
        context.print(&format!("{name}: measured in {} s", started.elapsed().as_secs()));
    }
    context.finish();
    let mut report = Command::new("node");
    report.arg(&context.report).arg(file).arg(&context.docs).args(context.is_quick.then_some("--quick"));
    let status = report.status().map_err(|error| format!("cannot start node: {error}"))?;
    if status.success() { Ok(()) } else { Err("the report failed".into()) }
}
