//! Measures the program as it ships, from outside: it is started, talked to and watched like any
//! other process. Nothing here is part of the server.

#![allow(clippy::print_stdout, reason = "the figures are what this program is for")]

mod crowd;
mod fanout;
mod figures;
mod floor;
mod frame;
mod house;
mod kernel;
mod process;
mod prose;
mod rest;
mod search;
mod stalled;
mod start;
mod store;
mod storm;
mod swarm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(name = "madang-bench", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One message to many: CPU per delivery against the floor, memory per member, cold start.
    Fanout(fanout::Options),
    /// Searches among many messages: how long each takes.
    Search(search::Options),
    /// Members who stop reading: when they are gone, and whether the others notice.
    Stalled(stalled::Options),
    /// A whole room that loses its connections and comes back at once: what that costs.
    Storm(storm::Options),
    /// The store alone: sends through it against the same rows by nothing but SQLite.
    Store(store::Options),
    /// The floor itself: writes what it is handed to all its clients, and knows nothing else.
    Floor {
        /// Clients to wait for.
        #[arg(long)]
        members: usize,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Fanout(options) => fanout::run(&options),
        Command::Search(options) => search::run(&options),
        Command::Stalled(options) => stalled::run(&options),
        Command::Storm(options) => storm::run(&options),
        Command::Store(options) => store::run(&options),
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
