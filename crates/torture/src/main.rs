//! The fault harness. It starts the server, lets users talk through proxies while it injects faults,
//! and then checks by the history and the store that no message was lost. docs/delivery.md lists the
//! invariants.

#![allow(clippy::print_stdout, reason = "it prints a report")]

mod backends;
mod bugs;
mod check;
mod connection;
mod fault;
mod fixtures;
mod hint_loss;
mod history;
mod instance;
mod proxy;
mod quiet_end;
mod receiver;
mod replica;
mod report;
mod run;
mod shrink;
mod stock_client;
mod store;
mod sync_proof;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::fault::Fault;
use crate::run::Plan;

/// A failure of the harness itself, as a sentence.
type Result<T, E = Box<dyn std::error::Error + std::marker::Send + Sync>> = std::result::Result<T, E>;

#[derive(Parser)]
#[command(name = "madang-torture", version, about)]
struct Cli {
    /// The server to test. Crashes and clock jumps need a debug build.
    #[arg(long, default_value = "target/debug/madang")]
    madang: PathBuf,
    /// The folder of the stock client's script (run `npm ci` there first).
    #[arg(long, default_value = "tests/clients/node")]
    stock_client: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run for 11 seconds each with a fixed and a random seed, and prove that acks follow syncs.
    Short,
    /// Run for as long as you like.
    Run(Long),
    /// Build the server with each of the known bugs and check that the harness finds it.
    Bugs {
        /// Only these bugs, by the names of their files in crates/torture/bugs.
        names: Vec<String>,
    },
    /// Prove with strace that no ack leaves before the sync of its batch.
    Proof,
}

#[derive(Args)]
struct Long {
    /// How long to inject faults, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// The seed of every random choice. Thread timing still differs from run to run.
    #[arg(long)]
    seed: Option<u64>,
    /// How many users send messages.
    #[arg(long, default_value_t = 50)]
    senders: usize,
    /// Seconds between two faults, on average.
    #[arg(long, default_value_t = 3.0)]
    every: f64,
    /// Seconds that a fault lasts at most.
    #[arg(long, default_value_t = 12.0)]
    longest: f64,
    /// Inject only SIGKILL instead of every fault.
    #[arg(long)]
    kills: bool,
    /// How many nodes run on one PostgreSQL with Redis; 0: one server on SQLite.
    #[arg(long, default_value_t = 0)]
    nodes: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let work = async {
        match &cli.command {
            Command::Short => short(&cli).await,
            Command::Run(long) => one(&long.plan(&cli).await?).await,
            Command::Bugs { names } => bugs::find_all(FIXED_SEED, names).await,
            Command::Proof => sync_proof::prove(&cli.madang).await,
        }
    };
    // On a signal, dropping the work kills every process that it started.
    let done = tokio::select! {
        done = work => done,
        interrupted = interrupted() => interrupted,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madang-torture: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn interrupted() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Err("interrupted".into())
}

/// The seed of the first short run, so that all machines run at least one common plan.
const FIXED_SEED: u64 = 20_261_122;

async fn short(cli: &Cli) -> Result<()> {
    sync_proof::prove(&cli.madang).await?;
    for seed in [FIXED_SEED, fastrand::u64(..1_000_000)] {
        let plan = Plan {
            program: cli.madang.clone(),
            seed,
            nodes: 0,
            duration: Duration::from_secs(11),
            senders: 16,
            pause_ms: 40,
            fault_interval: Duration::from_millis(350),
            longest_fault: Duration::from_millis(500),
            faults: possible(cli, Fault::ALL).await?,
            failpoints: String::new(),
            keeps_evidence: true,
            stock_client: stock_client(cli),
        };
        one(&plan).await?;
    }
    Ok(())
}

impl Long {
    async fn plan(&self, cli: &Cli) -> Result<Plan> {
        let faults = match (self.kills, self.nodes) {
            (true, _) => &[Fault::Kill][..],
            (false, 0) => Fault::ALL,
            (false, _) => Fault::NODES,
        };
        Ok(Plan {
            program: cli.madang.clone(),
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
            nodes: self.nodes,
            duration: Duration::from_secs_f64(self.minutes * 60.0),
            senders: self.senders,
            pause_ms: 150,
            fault_interval: Duration::from_secs_f64(self.every),
            longest_fault: Duration::from_secs_f64(self.longest),
            faults: possible(cli, faults).await?,
            failpoints: String::new(),
            keeps_evidence: true,
            stock_client: stock_client(cli),
        })
    }
}

/// Returns the faults that are possible here, and prints which are not.
async fn possible(cli: &Cli, faults: &[Fault]) -> Result<Vec<Fault>> {
    let has_strace = fault::has_strace();
    let has_failpoints = instance::has_failpoints(&cli.madang).await?;
    let can = |fault: &Fault| (has_strace || !fault.needs_strace()) && (has_failpoints || !fault.needs_failpoints());
    let (possible, skipped): (Vec<Fault>, Vec<Fault>) = faults.iter().copied().partition(can);
    if !skipped.is_empty() {
        let yes = |is: bool| if is { "yes" } else { "no" };
        println!("skipped {skipped:?} (strace: {}; debug build: {})", yes(has_strace), yes(has_failpoints));
    }
    Ok(possible)
}

/// Returns the folder of the stock client, if its modules are installed.
fn stock_client(cli: &Cli) -> Option<PathBuf> {
    let has_modules = cli.stock_client.join("node_modules/socket.io-client").is_dir();
    if !has_modules {
        println!("skipped the stock client: run `npm ci` in {}", cli.stock_client.display());
    }
    has_modules.then(|| cli.stock_client.clone())
}

async fn one(plan: &Plan) -> Result<()> {
    let run = run::run(plan).await.map_err(|error| format!("seed {}: {error}", plan.seed))?;
    println!("{}", report::figures(plan, &run));
    if run.violations.is_empty() {
        return Ok(());
    }
    println!("{}", report::violations(&run));
    Err(format!(
        "seed {}: {} violations; the data, log and history are in {}",
        plan.seed,
        run.violations.len(),
        run.folder.display()
    )
    .into())
}
