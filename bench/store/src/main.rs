//! The store without the network: durable messages a second through `Db::write`, and then plain inserts
//! of the same rows in batches of the same size, the upper limit of this engine and disk.

#![allow(clippy::print_stdout, reason = "the program prints figures")]

#[path = "../../src/prose.rs"]
#[allow(dead_code, reason = "the load generator uses the rest")]
mod prose;
mod raw;
mod written;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A result whose error is one sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Options {
    /// An empty folder for the databases.
    #[arg(long)]
    folder: PathBuf,
    /// How many tasks write at the same time, and how many rows a batch of plain inserts has.
    #[arg(long)]
    writers: usize,
    /// The length of a measurement through the store.
    #[arg(long)]
    milliseconds: u64,
    /// Measurements of each, in turns.
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// Whether messages go into the search index.
    #[arg(long)]
    has_index: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures both in turns, as the disk changes from minute to minute. A share is that of one turn.
fn run(options: &Options) -> Outcome<()> {
    let window = Duration::from_millis(options.milliseconds);
    let (mut store, mut raw, mut share) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..options.turns {
        let database = options.folder.join(format!("written-{turn}.db"));
        let written = written::measure(&database, options.writers, window, options.has_index)?;
        let rows = raw::rows(&database)?;
        let database = options.folder.join(format!("raw-{turn}.db"));
        let plain = raw::measure(&database, &rows, options.writers, options.has_index)?;
        store.push(written);
        raw.push(plain);
        share.push(written / plain);
    }
    println!("{}", json!({ "store": median(store), "raw": median(raw), "share": median(share) }));
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
