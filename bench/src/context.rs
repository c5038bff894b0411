//! What all parts of a run share: the programs, the cores, how long to look, and the bar that tells
//! how far it is.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::process;

/// Files of a process besides its connections.
const OTHER_FILES: u64 = 500;
/// Connections of the largest crowd.
const MOST_CONNECTIONS: u64 = 18_000;

#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The program to measure: a release build.
    #[arg(long, global = true, default_value = "target/release/madang")]
    madang: PathBuf,
    /// The program that measures the store alone.
    #[arg(long, global = true, default_value = "target/release/madang-bench-store")]
    store: PathBuf,
    /// The folder of the peers.
    #[arg(long, global = true, default_value = "bench/peers")]
    peers: PathBuf,
    /// The folder of performance.json, performance.md and the plots.
    #[arg(long, global = true, default_value = "docs")]
    docs: PathBuf,
    /// The core of the servers.
    #[arg(long, global = true, default_value_t = 0)]
    server_core: usize,
    /// The core of the clients.
    #[arg(long, global = true, default_value_t = 1)]
    client_core: usize,
    /// Look for a short time at small crowds: to see that all works, not for figures.
    #[arg(long, global = true)]
    quick: bool,
}

pub(crate) struct Context {
    pub(crate) madang: PathBuf,
    pub(crate) store: PathBuf,
    pub(crate) peers: PathBuf,
    pub(crate) docs: PathBuf,
    /// This program, which is the floor as well.
    pub(crate) own: PathBuf,
    pub(crate) server_core: usize,
    pub(crate) client_core: usize,
    pub(crate) is_quick: bool,
    /// How many connections this process may have.
    pub(crate) connections: usize,
    bar: ProgressBar,
}

impl Context {
    /// Pins this process to its core.
    pub(crate) fn new(options: &Options) -> Outcome<Self> {
        let files = process::allow_files(MOST_CONNECTIONS + OTHER_FILES)?;
        process::pin(options.client_core)?;
        let whole = |path: &PathBuf| {
            path.canonicalize().map_err(|error| format!("{}: {error}: run `make bench`", path.display()))
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}")?;
        Ok(Self {
            madang: whole(&options.madang)?,
            store: options.store.clone(),
            peers: whole(&options.peers)?,
            docs: options.docs.clone(),
            own: std::env::current_exe()?,
            server_core: options.server_core,
            client_core: options.client_core,
            is_quick: options.quick,
            connections: (files - OTHER_FILES) as usize,
            bar: ProgressBar::new_spinner().with_style(style),
        })
    }

    /// Says what is being done now.
    pub(crate) fn doing(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.tick();
    }

    /// Prints lines above the bar.
    pub(crate) fn print(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    pub(crate) fn done(&self) {
        self.bar.finish_and_clear();
    }

    /// A time to look, much shorter where only a glance is wanted.
    pub(crate) fn window(&self, seconds: u64) -> Duration {
        if self.is_quick { Duration::from_secs(1) } else { Duration::from_secs(seconds) }
    }

    /// As many, or fewer where only a glance is wanted.
    pub(crate) fn many(&self, count: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { count }
    }
}
