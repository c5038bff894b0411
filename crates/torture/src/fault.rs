//! What hurts: the program, the wires, the disk and the clock.

use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use rusqlite::Connection;
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::Outcome;
use crate::house::House;
use crate::proxy::{Proxy, Wire};

/// How long a strace may take to let go.
const DETACHING: Duration = Duration::from_secs(2);

/// A fault, as it can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// SIGKILL, wherever the program is just then.
    Kill,
    /// The end at a named place on the way of a write.
    DieAt,
    /// SIGTERM under load.
    Terminate,
    /// Connections cut, wherever in a frame they stand.
    Cut,
    /// Clients that take in nothing for a while.
    Pause,
    /// What is sent gets lost, either way, and nobody is told.
    HalfOpen,
    /// What the program says gets lost: it has done what was asked, and nobody knows.
    Deaf,
    /// Clients that speak and do not read, or a byte now and then.
    Stall,
    Trickle,
    /// A few bytes at a time, then cut in mid-frame.
    Slice,
    Slow,
    /// Everybody wants one of the few seats at once.
    Rush,
    /// Another process holds the database.
    Lock,
    /// No file handles are left.
    FewFiles,
    /// The disk is full, answers EIO to a write, or to a sync.
    FullDisk,
    BadWrite,
    BadSync,
    /// The clock jumps an hour, to and fro, in the next life.
    Clock,
}

impl Fault {
    pub(crate) const ALL: &[Self] = &[
        Self::Kill,
        Self::DieAt,
        Self::Terminate,
        Self::Cut,
        Self::Pause,
        Self::HalfOpen,
        Self::Deaf,
        Self::Stall,
        Self::Trickle,
        Self::Slice,
        Self::Slow,
        Self::Rush,
        Self::Lock,
        Self::FewFiles,
        Self::FullDisk,
        Self::BadWrite,
        Self::BadSync,
        Self::Clock,
    ];

    /// Whether it is done to the program from outside by strace.
    pub(crate) fn needs_strace(self) -> bool {
        matches!(self, Self::FullDisk | Self::BadWrite | Self::BadSync)
    }

    /// Whether the program must be a build that lets itself be sabotaged.
    pub(crate) fn needs_sabotage(self) -> bool {
        matches!(self, Self::DieAt | Self::Clock)
    }

    /// What it is for the wires, where it is theirs.
    fn wire(self) -> Option<Wire> {
        Some(match self {
            Self::Pause => Wire::Paused,
            Self::HalfOpen => Wire::Swallowing,
            Self::Deaf => Wire::Deaf,
            Self::Stall => Wire::Stalled,
            Self::Trickle => Wire::Trickling,
            Self::Slice => Wire::Sliced,
            Self::Slow => Wire::Slow,
            _ => return None,
        })
    }
}

/// Does a fault of the wires to about a third of them for a while.
pub(crate) async fn hurt_wires(fault: Fault, wires: &[Proxy], rng: &mut Rng, lasting: Duration) {
    let chosen: Vec<&Proxy> = wires.iter().filter(|_| rng.u8(0..3) == 0).collect();
    if let Some(wire) = fault.wire() {
        chosen.iter().for_each(|proxy| proxy.set(wire));
        sleep(lasting).await;
    }
    if matches!(fault, Fault::Cut | Fault::HalfOpen | Fault::Deaf | Fault::Slice) {
        chosen.iter().for_each(|proxy| proxy.cut());
    }
    chosen.iter().for_each(|proxy| proxy.set(Wire::Clear));
}

/// Does a fault of the store or the process to the running program for a while.
pub(crate) async fn hurt_house(fault: Fault, house: &House, lasting: Duration) -> Outcome<()> {
    match fault {
        Fault::Lock => {
            let lock = Connection::open(house.data().join("madang.db"))?;
            lock.busy_timeout(Duration::from_secs(10))?;
            lock.execute_batch("BEGIN IMMEDIATE")?;
            sleep(lasting).await;
            lock.execute_batch("ROLLBACK")?;
        }
        Fault::FewFiles => {
            house.limit_files(true)?;
            sleep(lasting).await;
            house.limit_files(false)?;
        }
        Fault::FullDisk => injected(house, "pwrite64", "ENOSPC", lasting).await?,
        Fault::BadWrite => injected(house, "pwrite64", "EIO", lasting).await?,
        Fault::BadSync => injected(house, "fsync,fdatasync", "EIO", lasting).await?,
        _ => {}
    }
    Ok(())
}

/// Lets system calls on the database fail for a while.
async fn injected(house: &House, calls: &str, error: &str, lasting: Duration) -> Outcome<()> {
    let Some(pid) = house.pid() else { return Ok(()) };
    let data = house.data();
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-p", &pid.to_string()])
        .args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error={error}")])
        .args(["-P", &data.join("madang.db").to_string_lossy(), "-P", &data.join("madang.db-wal").to_string_lossy()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    sleep(lasting).await;
    detach(&mut strace).await
}

/// Ends a strace by the signal at which it lets its tracee go on. One whose tracee has died under it
/// may not hear that.
pub(crate) async fn detach(strace: &mut Child) -> Outcome<()> {
    if let Some(pid) = strace.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
        rustix::process::kill_process(pid, Signal::TERM)?;
    }
    if timeout(DETACHING, strace.wait()).await.is_err() {
        strace.kill().await?;
    }
    Ok(())
}

/// Whether strace is here and may look at a process.
pub(crate) fn has_strace() -> bool {
    let looks =
        std::process::Command::new("strace").args(["-qq", "-o", "/dev/null", "-e", "trace=none", "true"]).status();
    looks.is_ok_and(|status| status.success())
}
