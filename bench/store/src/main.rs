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
    #[arg(long)]
    milliseconds: u64,
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

fn run(options: &Options) -> Outcome<()> {
    let database = options.folder.join("written.db");
    let window = Duration::from_millis(options.milliseconds);
    let written = written::measure(&database, options.writers, window, options.has_index)?;
    let rows = raw::rows(&database)?;
    let raw = raw::measure(&options.folder.join("raw.db"), &rows, options.writers, options.has_index)?;
    println!("{}", json!({ "store": written, "raw": raw, "rows": rows.len() }));
    Ok(())
}
