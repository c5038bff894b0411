//! The fault harness: it starts the program as it ships, lets people talk in it through wires of its
//! own, hurts it in every way there is, and then proves by what was seen and by what is stored that
//! nothing was lost. What it holds the program to is docs/delivery.md.

#![allow(clippy::print_stdout, reason = "the report is what this program is for")]

mod bugs;
mod cast;
mod check;
mod fault;
mod history;
mod house;
mod link;
mod person;
mod proof;
mod proxy;
mod reader;
mod report;
mod rest;
mod run;
mod shrink;
mod stock;
mod store;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::fault::Fault;
use crate::run::Plan;

/// What went wrong, as a sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error + std::marker::Send + Sync>>;

#[derive(Parser)]
#[command(name = "madang-torture", version, about)]
struct Cli {
    /// The program. With debug assertions it can be sabotaged: see src/sabotage.rs.
    #[arg(long, default_value = "target/debug/madang")]
    madang: PathBuf,
    /// The folder of the stock client's script; it needs `npm ci` there.
    #[arg(long, default_value = "tests/clients/node")]
    stock: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The short run of `make test`: a fixed and a random seed, the planted bugs, the proof.
    Short,
    /// The long run.
    Run(Long),
    /// The checker checked with planted bugs.
    Bugs,
    /// That no ack leaves before the sync of its batch, shown with strace.
    Proof,
}

#[derive(Args)]
struct Long {
    /// How long it hurts, in minutes.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// What decides all that chance decides; the threads decide the rest.
    #[arg(long)]
    seed: Option<u64>,
    /// People who talk.
    #[arg(long, default_value_t = 50)]
    senders: usize,
    /// Seconds between two faults, on average.
    #[arg(long, default_value_t = 3.0)]
    every: f64,
    /// Seconds that a fault lasts at most.
    #[arg(long, default_value_t = 12.0)]
    longest: f64,
    /// Only kills, instead of everything.
    #[arg(long)]
    kills: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let work = async {
        match &cli.command {
            Command::Short => short(&cli).await,
            Command::Run(long) => one(&long.plan(&cli).await?).await,
            Command::Bugs => find_bugs(&cli.madang).await,
            Command::Proof => proof::prove(&cli.madang).await,
        }
    };
    // Whoever breaks it off takes everything along that was started.
    let done = tokio::select! {
        done = work => done,
        broken_off = signalled() => broken_off,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madang-torture: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn signalled() -> Outcome<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Err("broken off".into())
}

/// The seed that is always run, so that at least one plan is known to everybody.
const FIXED: u64 = 20_261_122;

async fn short(cli: &Cli) -> Outcome<()> {
    proof::prove(&cli.madang).await?;
    find_bugs(&cli.madang).await?;
    for seed in [FIXED, fastrand::u64(..1_000_000)] {
        let plan = Plan {
            madang: cli.madang.clone(),
            seed,
            lasting: Duration::from_secs(11),
            senders: 16,
            pace: 40,
            between: Duration::from_millis(350),
            longest: Duration::from_millis(500),
            faults: possible(cli, Fault::ALL).await?,
            sabotage: String::new(),
            stock: stock(cli),
        };
        one(&plan).await?;
    }
    Ok(())
}

impl Long {
    async fn plan(&self, cli: &Cli) -> Outcome<Plan> {
        let faults = if self.kills { &[Fault::Kill][..] } else { Fault::ALL };
        Ok(Plan {
            madang: cli.madang.clone(),
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
            lasting: Duration::from_secs_f64(self.minutes * 60.0),
            senders: self.senders,
            pace: 150,
            between: Duration::from_secs_f64(self.every),
            longest: Duration::from_secs_f64(self.longest),
            faults: possible(cli, faults).await?,
            sabotage: String::new(),
            stock: stock(cli),
        })
    }
}

/// The faults that can be done here; what cannot is told.
async fn possible(cli: &Cli, faults: &[Fault]) -> Outcome<Vec<Fault>> {
    let has_strace = fault::has_strace();
    let has_sabotage = house::lets_itself_be_sabotaged(&cli.madang).await?;
    let can = |fault: &Fault| (has_strace || !fault.needs_strace()) && (has_sabotage || !fault.needs_sabotage());
    let (possible, left_out): (Vec<Fault>, Vec<Fault>) = faults.iter().copied().partition(can);
    if !left_out.is_empty() {
        println!("left out: {left_out:?} (strace: {has_strace}, a build with debug assertions: {has_sabotage})");
    }
    Ok(possible)
}

/// The stock client takes part where its modules are.
fn stock(cli: &Cli) -> Option<PathBuf> {
    let has_modules = cli.stock.join("node_modules/socket.io-client").is_dir();
    if !has_modules {
        println!("left out, as {} has no modules: the stock client", cli.stock.display());
    }
    has_modules.then(|| cli.stock.clone())
}

async fn one(plan: &Plan) -> Outcome<()> {
    let run = run::run(plan).await.map_err(|error| format!("seed {}: {error}", plan.seed))?;
    println!("{}", report::figures(plan, &run));
    if run.violations.is_empty() {
        return Ok(());
    }
    println!("{}", report::violations(&run));
    Err(format!(
        "seed {} broke {} promises; its data, log and history are kept in {}",
        plan.seed,
        run.violations.len(),
        run.folder.display()
    )
    .into())
}

async fn find_bugs(madang: &Path) -> Outcome<()> {
    println!("planted bugs:");
    let missed = bugs::find(madang, FIXED).await?;
    if missed.is_empty() { Ok(()) } else { Err(format!("the checker misses: {}", missed.join("; ")).into()) }
}
