//! The options of a run and what all scenarios share.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::process;
use crate::scenario::history::History;
use crate::server::Kind;

/// Files of this process besides its connections.
const OTHER_FILES: u64 = 500;
const MAX_CONNECTIONS: u64 = 18_000;

#[derive(Args)]
pub(crate) struct Options {
    /// The release binary to measure.
    #[arg(long, default_value = "target/release/madang")]
    madang: PathBuf,
    /// An older binary to measure in the same run, shown as "Madang, before".
    #[arg(long)]
    baseline_binary: Option<PathBuf>,
    /// The binary that measures the store without the network.
    #[arg(long, default_value = "target/release/madang-bench-store")]
    store: PathBuf,
    /// The folder of the baselines.
    #[arg(long, default_value = "bench/baselines")]
    baselines: PathBuf,
    /// The script that writes tables, targets and plots.
    #[arg(long, default_value = "bench/report/main.mjs")]
    report: PathBuf,
    /// The folder of performance.json, performance.md and the plots.
    #[arg(long, default_value = "docs")]
    docs: PathBuf,
    /// The core that the servers run on, or several: 0,1.
    #[arg(long, default_value = "0")]
    server_core: String,
    /// The core that the clients run on.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
    /// Short windows and small rooms: checks that everything runs and saves nothing.
    #[arg(long)]
    quick: bool,
}

pub(crate) struct Context {
    madang: PathBuf,
    before: Option<PathBuf>,
    pub(crate) store: PathBuf,
    pub(crate) baselines: PathBuf,
    pub(crate) report: PathBuf,
    pub(crate) docs: PathBuf,
    pub(crate) server_core: String,
    pub(crate) is_quick: bool,
    /// The server with a long history, filled once for all scenarios that read it.
    pub(crate) history: OnceCell<History>,
    bar: ProgressBar,
}

impl Context {
    /// Checks the options and pins this process to the clients' core.
    pub(crate) fn new(options: &Options) -> Outcome<Self> {
        process::raise_file_limit(MAX_CONNECTIONS + OTHER_FILES)?;
        process::pin(options.client_core)?;
        let absolute = |path: &PathBuf| {
            path.canonicalize().map_err(|error| format!("cannot open {}: {error} (run: make bench)", path.display()))
        };
        Ok(Self {
            madang: absolute(&options.madang)?,
            before: options.baseline_binary.as_ref().map(absolute).transpose()?,
            store: options.store.clone(),
            baselines: absolute(&options.baselines)?,
            report: options.report.clone(),
            docs: options.docs.clone(),
            server_core: options.server_core.clone(),
            is_quick: options.quick,
            history: OnceCell::new(),
            bar: ProgressBar::new_spinner()
                .with_style(ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}")?),
        })
    }

    /// Returns the binary of a Madang.
    pub(crate) fn binary(&self, kind: Kind) -> &Path {
        self.before.as_deref().filter(|_| kind == Kind::MadangBefore).unwrap_or(&self.madang)
    }

    /// Returns the servers of a scenario; the older binary follows Madang when there is one.
    pub(crate) fn kinds(&self, kinds: &[Kind]) -> Vec<Kind> {
        let mut kinds = kinds.to_vec();
        if self.before.is_some() {
            kinds.insert(1, Kind::MadangBefore);
        }
        kinds
    }

    /// Shows what is being measured.
    pub(crate) fn progress(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.tick();
    }

    /// Prints lines above the progress bar.
    pub(crate) fn print(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Returns the length of a measurement, one second in a quick run.
    pub(crate) fn window(&self, seconds: u64) -> Duration {
        Duration::from_secs(self.size(seconds, 1))
    }

    /// Returns `full`, or `quick` in a quick run.
    pub(crate) fn size<T>(&self, full: T, quick: T) -> T {
        if self.is_quick { quick } else { full }
    }
}
