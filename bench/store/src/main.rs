//! The store alone: durable messages a second through `Db::write`, and then the same rows by plain
//! inserts in batches of as many, which no store on this engine and disk can do better than.

#![allow(clippy::print_stdout, reason = "the figures are what this program is for")]

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

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Options {
    /// An empty folder for the databases.
    #[arg(long)]
    folder: PathBuf,
    /// How many write at a time, and how many rows a plain batch has.
    #[arg(long)]
    writers: usize,
    /// How long the store writes.
    #[arg(long)]
    milliseconds: u64,
    /// Turns of each side.
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// Whether messages are kept by their words.
    #[arg(long)]
    has_index: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madang-bench-store: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Both take turns, as the disk and the machine change from minute to minute; a share is of one turn.
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
