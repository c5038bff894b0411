//! Measures the release binary from outside: starts it, connects clients and reads `/proc`.

#![allow(clippy::print_stdout, reason = "the program prints figures")]

mod context;
mod crowd;
mod floor;
mod http;
mod kernel;
mod load;
mod machine;
mod process;
mod prose;
mod scenario;
mod server;
mod times;

use std::process::ExitCode;

use clap::Parser;

use crate::context::{Context, Options};

/// A result whose error is one sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Measures Madang beside its baselines and writes docs/performance.md.
#[derive(Parser)]
#[command(name = "madang-bench", version)]
struct Cli {
    /// The scenario to measure; `all` measures every one, `report` only rewrites tables and plots.
    #[arg(default_value = "all", value_parser = scenario::names())]
    only: String,
    #[command(flatten)]
    options: Options,
    /// Runs the floor for so many clients instead of measuring.
    #[arg(long, hide = true)]
    floor: Option<usize>,
    /// Runs members of the server on this port instead of measuring.
    #[arg(long, hide = true)]
    crowd: Option<u16>,
}

fn main() -> ExitCode {
    let Cli { only, options, floor, crowd } = Cli::parse();
    let outcome = match (floor, crowd) {
        (Some(clients), _) => floor::run(clients),
        (None, Some(port)) => crowd::run(port),
        (None, None) => Context::new(&options).and_then(|context| scenario::run(&context, &only)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
