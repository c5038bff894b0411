//! The servers under test: one on a data folder, one after the other, or several nodes on one database.

use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Resource, Rlimit, Signal};
use testkit::{Process, TempDir, process};

use crate::Result;
use crate::backends::Backends;
use crate::proxy::Ports;

/// The setting of a debug build that turns failpoints on, see `src/failpoint.rs`.
const FAILPOINTS: &str = "MADANG_FAILPOINTS";

pub(crate) struct Instance {
    program: PathBuf,
    pub(crate) folder: TempDir,
    /// The ports of the servers that run now.
    pub(crate) ports: Arc<Ports>,
    processes: Vec<Option<Process>>,
    /// What several nodes share.
    pub(crate) backends: Option<Backends>,
    /// How many servers have been started.
    pub(crate) starts: u32,
}

impl Instance {
    pub(crate) fn new(program: &Path) -> Result<Self> {
        let program =
            program.canonicalize().map_err(|error| format!("cannot find the server {}: {error}", program.display()))?;
        let (folder, ports) = (TempDir::new(), Ports::new([0]));
        Ok(Self { program, folder, ports, processes: vec![None], backends: None, starts: 0 })
    }

    /// Prepares several nodes.
    pub(crate) async fn with_nodes(program: &Path, count: usize) -> Result<Self> {
        let mut instance = Self::new(program)?;
        instance.ports = Ports::new(vec![0; count]);
        instance.processes = (0..count).map(|_| None).collect();
        instance.backends = Some(Backends::start().await?);
        Ok(instance)
    }

    /// Returns how many servers there are when all run.
    pub(crate) fn count(&self) -> usize {
        self.processes.len()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.ports.get(0)).into()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Returns the log of every server so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.pid_of(0)
    }

    pub(crate) fn pid_of(&self, server: usize) -> Option<u32> {
        self.processes[server].as_ref().map(Process::id)
    }

    /// Starts a server with these failpoints.
    pub(crate) async fn start(&mut self, server: usize, failpoints: &str) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut command = Command::new(&self.program);
        let folder = match &self.backends {
            Some(_) => self.folder.path().join(format!("node-{server}")),
            None => self.folder.path().to_owned(),
        };
        std::fs::create_dir_all(&folder)?;
        process::serve(&mut command, &folder)
            .envs(self.backends.iter().flat_map(Backends::settings))
            .args(["--connections-per-address", "0", "--ping-interval-ms", "1500", "--ping-timeout-ms", "1500"])
            .env("RUST_LOG", "info")
            .env("OUTGOING_NETWORKS", "127.0.0.0/8")
            .env(FAILPOINTS, failpoints);
        let started = tokio::task::spawn_blocking(move || Process::start(&mut command, Some(log))).await?;
        let process = started.map_err(|error| format!("{error}\n{}", self.log()))?;
        self.ports.set(server, process.address.port());
        self.processes[server] = Some(process);
        self.starts += 1;
        Ok(())
    }

    /// Kills a server with SIGKILL.
    pub(crate) fn kill(&mut self, server: usize) -> Result<()> {
        self.ports.set(server, 0);
        if let Some(mut process) = self.processes[server].take() {
            process.kill()?;
        }
        Ok(())
    }

    /// Returns how a server ended, if it did so by itself.
    pub(crate) fn has_ended(&mut self, server: usize) -> Result<Option<ExitStatus>> {
        let Some(process) = &mut self.processes[server] else { return Ok(None) };
        let ended = process.exit_status()?;
        if ended.is_some() {
            self.processes[server] = None;
        }
        Ok(ended)
    }

    /// Stops a server as a machine that hangs does, or lets it go on.
    pub(crate) fn freeze(&self, server: usize, is_frozen: bool) -> Result<()> {
        let signal = if is_frozen { Signal::STOP } else { Signal::CONT };
        if let Some(pid) = self.pid_of(server).and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            rustix::process::kill_process(pid, signal)?;
        }
        Ok(())
    }

    /// Ends a server with SIGTERM. Returns how it ended and how long that took.
    pub(crate) async fn terminate(&mut self, server: usize) -> Result<(ExitStatus, Duration)> {
        let process = self.processes[server].take().ok_or("the server does not run")?;
        let began = Instant::now();
        let (status, _) = process.terminate().await?;
        Ok((status, began.elapsed()))
    }

    /// Counts the deliveries of webhooks that wait, and the pushes that are due.
    pub(crate) fn count_waiting_deliveries(&self) -> Result<i64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let waiting = format!(
            "SELECT COUNT(*) FROM outbox WHERE kind IN ('hook', 'notify') OR (kind = 'push' AND due_at <= {now})"
        );
        match &self.backends {
            Some(backends) => backends.count(&waiting),
            None => {
                let db =
                    Connection::open_with_flags(self.data_dir().join("madang.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
                db.busy_timeout(Duration::from_secs(10))?;
                Ok(db.query_row(&waiting, [], |row| row.get(0))?)
            }
        }
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
    let is_started = instance.start(0, "crash=before-commit:1").await.is_ok();
    Ok(!is_started)
}
