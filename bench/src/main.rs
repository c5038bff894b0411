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
mod run;
mod stalled;
mod stand;
mod storm;
mod swarm;
mod talkers;
mod times;
mod wire;
mod wrk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Everything, in one run.
    All,
    /// One message to many: processor time per delivery, times, deliveries a second.
    Fanout,
    /// What an idle member keeps in memory.
    Memory,
    /// Connects a second.
    Connects,
    /// Durable messages a second, and the store alone against plain inserts.
    Sends,
    /// Pages a second, in a new room and in one of a long history.
    Pages,
    /// Searches in that long history.
    Search,
    /// Cold start, idle memory, the size of the program.
    Start,
    /// Cost against the number of rooms.
    Rooms,
    /// Writes tables and plots anew from the figures that are kept, and prints them.
    Report,
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
    let Cli { options, command } = Cli::parse();
    let run = |parts: &[run::Part]| run::run(&options, parts);
    let done = match command {
        Command::All => run(&run::Part::ALL),
        Command::Fanout => run(&[run::Part::Fanout]),
        Command::Memory => run(&[run::Part::Memory]),
        Command::Connects => run(&[run::Part::Connects]),
        Command::Sends => run(&[run::Part::Sends]),
        Command::Pages => run(&[run::Part::Pages]),
        Command::Search => run(&[run::Part::Search]),
        Command::Start => run(&[run::Part::Start]),
        Command::Rooms => run(&[run::Part::Rooms]),
        Command::Report => run(&[]),
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
