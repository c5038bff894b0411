//! One data folder and the servers that run on it, one after the other.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit};
use testkit::{Process, TempDir, process};

use crate::Result;

/// The setting of a debug build that turns failpoints on, see `src/failpoint.rs`.
const FAILPOINTS: &str = "MADANG_FAILPOINTS";

pub(crate) struct Instance {
    program: PathBuf,
    pub(crate) folder: TempDir,
    /// The port of the server that runs now.
    pub(crate) port: Arc<AtomicU16>,
    process: Option<Process>,
    /// How many servers have been started.
    pub(crate) starts: u32,
}

impl Instance {
    pub(crate) fn new(program: &Path) -> Result<Self> {
        let program =
            program.canonicalize().map_err(|error| format!("cannot find the server {}: {error}", program.display()))?;
        Ok(Self { program, folder: TempDir::new(), port: Arc::default(), process: None, starts: 0 })
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port.load(Ordering::Relaxed)).into()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Returns the log of every server so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Starts a server with these failpoints.
    pub(crate) async fn start(&mut self, failpoints: &str) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut command = Command::new(&self.program);
        process::serve(&mut command, self.folder.path())
            .args(["--connections-per-address", "0", "--ping-interval-ms", "1500", "--ping-timeout-ms", "1500"])
            .env("RUST_LOG", "info")
            .env(FAILPOINTS, failpoints);
        let started = tokio::task::spawn_blocking(move || Process::start(&mut command, Some(log))).await?;
        let process = started.map_err(|error| format!("{error}\n{}", self.log()))?;
        self.port.store(process.address.port(), Ordering::Relaxed);
        self.process = Some(process);
        self.starts += 1;
        Ok(())
    }

    /// Kills the server with SIGKILL.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
        }
        Ok(())
    }

    /// Returns how the server ended, if it did so by itself.
    pub(crate) fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        let Some(process) = &mut self.process else { return Ok(None) };
        let ended = process.exit_status()?;
        if ended.is_some() {
            self.process = None;
        }
        Ok(ended)
    }

    /// Ends the server with SIGTERM. Returns how it ended and how long that took.
    pub(crate) async fn terminate(&mut self) -> Result<(ExitStatus, Duration)> {
        let process = self.process.take().ok_or("the server does not run")?;
        let began = Instant::now();
        let (status, _) = process.terminate().await?;
        Ok((status, began.elapsed()))
    }

    /// Runs `madang verify`. Returns what it prints if it finds an error.
    pub(crate) async fn verify(&self) -> Result<Option<String>> {
        let mut verify = tokio::process::Command::new(&self.program);
        let output = verify.args(["verify", "--data-dir"]).arg(self.data_dir()).env_clear().output().await?;
        let text = [output.stdout, output.stderr].concat();
        Ok((!output.status.success()).then(|| String::from_utf8_lossy(&text).into_owned()))
    }

    /// Prevents the server from opening more files, or permits it again.
    pub(crate) fn limit_files(&self, is_limited: bool) -> Result<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let handle = Pid::from_raw(pid.cast_signed());
        let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
        let open = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64;
        let current = if is_limited { Some(open) } else { maximum };
        rustix::process::prlimit(handle, Resource::Nofile, Rlimit { current, maximum })?;
        Ok(())
    }
}

/// Whether the program is a build with failpoints: one that crashes at its first write does not start.
pub(crate) async fn has_failpoints(program: &Path) -> Result<bool> {
    let mut instance = Instance::new(program)?;
    let is_started = instance.start("crash=before-commit:1").await.is_ok();
    Ok(!is_started)
}
