//! The program as a process with one data folder and many lives.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Outcome;

/// How long a start may take; a check of the database after a crash is part of it.
const START: Duration = Duration::from_secs(20);

/// A folder that goes with the run, unless somebody wants to look at it.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) is_kept: bool,
}

impl Folder {
    pub(crate) fn new() -> Outcome<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("madang-torture-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self { path, is_kept: false })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

pub(crate) struct House {
    madang: PathBuf,
    pub(crate) folder: Folder,
    /// The port of the present life; what was before is refused there.
    pub(crate) port: Arc<AtomicU16>,
    child: Option<Child>,
    pub(crate) lives: u32,
}

impl House {
    pub(crate) fn new(madang: &Path) -> Outcome<Self> {
        let madang = madang.canonicalize().map_err(|error| format!("no program at {}: {error}", madang.display()))?;
        Ok(Self { madang, folder: Folder::new()?, port: Arc::default(), child: None, lives: 0 })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path.join("data")
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.folder.path.join("log")
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Starts a life. `sabotage` is for builds that know it, see `src/sabotage.rs` of the program.
    pub(crate) async fn start(&mut self, sabotage: &str) -> Outcome<()> {
        let log: File = OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut child = Command::new(&self.madang)
            .args(["serve", "--bind", "127.0.0.1", "--port", "0", "--rate-limits", "off"])
            .args(["--connections-per-address", "0", "--ping-interval-ms", "1500", "--ping-timeout-ms", "1500"])
            .arg("--data-dir")
            .arg(self.data())
            .current_dir(&self.folder.path)
            .env_clear()
            .env("RUST_LOG", "info")
            .env("MADANG_SABOTAGE", sabotage)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let mut ready = String::new();
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        tokio::time::timeout(START, stdout.read_line(&mut ready)).await.map_err(|_| "the program does not start")??;
        let port = ready.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| format!("the program does not start: {}", self.log()))?;
        self.port.store(port, Ordering::Relaxed);
        self.child = Some(child);
        self.lives += 1;
        Ok(())
    }

    /// SIGKILL: nothing of the program runs any more.
    pub(crate) async fn kill(&mut self) -> Outcome<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Whether the program has ended by itself, and how.
    pub(crate) fn has_ended(&mut self) -> Outcome<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let ended = child.try_wait()?;
        if ended.is_some() {
            self.child = None;
        }
        Ok(ended)
    }

    /// SIGTERM; how it ended, and how long that took.
    pub(crate) async fn terminate(&mut self) -> Outcome<(ExitStatus, Duration)> {
        let mut child = self.child.take().ok_or("the program does not run")?;
        let began = Instant::now();
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).ok_or("the program has ended")?;
        rustix::process::kill_process(pid, Signal::TERM)?;
        let ended = tokio::time::timeout(Duration::from_secs(40), child.wait());
        let status = ended.await.map_err(|_| "the program does not end")??;
        Ok((status, began.elapsed()))
    }

    /// What `madang verify` finds wrong with the data folder.
    pub(crate) async fn verify(&self) -> Outcome<Option<String>> {
        let looked =
            Command::new(&self.madang).args(["verify", "--data-dir"]).arg(self.data()).env_clear().output().await?;
        let told = [looked.stdout, looked.stderr].concat();
        Ok((!looked.status.success()).then(|| String::from_utf8_lossy(&told).into_owned()))
    }

    /// Lets the program open no file beyond those it has, or as many as before.
    pub(crate) fn limit_files(&self, is_limited: bool) -> Outcome<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let handle = Pid::from_raw(pid.cast_signed());
        let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
        let open = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64;
        let current = if is_limited { Some(open) } else { maximum };
        rustix::process::prlimit(handle, Resource::Nofile, Rlimit { current, maximum })?;
        Ok(())
    }
}

/// Whether the program is a build with debug assertions: told to die at its first write, it does.
pub(crate) async fn lets_itself_be_sabotaged(madang: &Path) -> Outcome<bool> {
    let mut house = House::new(madang)?;
    let started = house.start("die=before-commit:1").await.is_ok();
    house.kill().await?;
    Ok(!started)
}
