//! The server as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal};

/// How long a start may take. It may have to recover the database of a killed process.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the server may take to end after SIGTERM.
const EXIT_TIMEOUT: Duration = Duration::from_secs(40);

/// A running server. Dropping it kills it.
pub struct Process {
    pub address: SocketAddr,
    child: Child,
    log: Option<JoinHandle<String>>,
}

/// Adds the arguments of a server on a free port of this machine, with its data in `folder/data`
/// and without rate limits.
pub fn serve<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .args(["serve", "--bind", "127.0.0.1", "--port", "0", "--rate-limits", "off", "--data-dir"])
        .arg(folder.join("data"))
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
}

impl Process {
    /// Runs a command and waits until it prints the address that it listens on. Its log goes to the
    /// file, or is returned by [`Process::terminate`].
    pub fn start(command: &mut Command, log: Option<File>) -> Result<Self> {
        let stderr = log.map_or_else(Stdio::piped, Stdio::from);
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn()?;
        let log = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut log = Vec::new();
                let _ = stderr.read_to_end(&mut log);
                String::from_utf8_lossy(&log).into_owned()
            })
        });
        let (found, address) = mpsc::sync_channel(1);
        let lines = BufReader::new(child.stdout.take().ok_or(Error::other("no stdout"))?).lines();
        std::thread::spawn(move || {
            let address = |line: String| line.rsplit_once("://")?.1.trim().parse().ok();
            let _ = found.send(lines.map_while(Result::ok).find_map(address));
        });
        let address = address.recv_timeout(START_TIMEOUT).ok().flatten();
        let mut process = Self { address: ([0, 0, 0, 0], 0).into(), child, log };
        match address {
            Some(address) => process.address = address,
            None => {
                process.kill()?;
                let log = process.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
                return Err(Error::other(format!("the server does not start: {log}")));
            }
        }
        Ok(process)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process with SIGKILL. Nothing of it runs afterwards.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Returns how the process ended, if it did.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends the process with SIGTERM. Returns how it ended and its log.
    pub async fn terminate(mut self) -> Result<(ExitStatus, String)> {
        let pid = Pid::from_raw(self.child.id().cast_signed()).ok_or(Error::other("no process"))?;
        rustix::process::kill_process(pid, Signal::TERM)?;
        // On another thread, as the sockets of this test have to answer meanwhile.
        let ended = tokio::task::spawn_blocking(move || {
            let status = self.child.wait();
            let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
            (status, log)
        });
        match tokio::time::timeout(EXIT_TIMEOUT, ended).await {
            Ok(ended) => {
                let (status, log) = ended?;
                Ok((status?, log))
            }
            Err(_) => {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
                Err(Error::other("the server does not end"))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
