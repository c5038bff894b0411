//! Measures the program as it ships, from outside: it is started, talked to and watched like any
//! other process. Nothing here is part of the server.

#![allow(clippy::print_stdout, reason = "the figures are what this program is for")]

mod context;
mod crowd;
mod floor;
mod house;
mod kernel;
mod part;
mod process;
mod prose;
mod report;
mod rest;
mod search;
mod stalled;
mod stand;
mod start;
mod storm;
mod swarm;
mod times;
mod wire;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use context::Context;

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(name = "madang-bench", version, about)]
struct Cli {
    #[command(flatten)]
    options: context::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One message to many: CPU per delivery, times, deliveries a second.
    Fanout,
    /// Members who stop reading: when they are gone, and whether the others notice.
    Stalled(stalled::Options),
    /// A whole room that loses its connections and comes back at once: what that costs.
    Storm(storm::Options),
    /// The floor itself: writes what it is handed to all its clients, and knows nothing else.
    #[command(hide = true)]
    Floor {
        /// Clients to wait for.
        #[arg(long)]
        members: usize,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Fanout => Context::new(&cli.options).and_then(|context| {
            let fanout = part::fanout::run(&context)?;
            context.print(&serde_json::to_string(&fanout)?);
            Ok(())
        }),
        Command::Stalled(options) => stalled::run(&options),
        Command::Storm(options) => storm::run(&options),
        Command::Floor { members } => floor::run(members),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madang-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
