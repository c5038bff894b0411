//! Faults of the process, the network, the disk and the clock.

use std::process::Stdio;
use std::time::Duration;

use fastrand::Rng;
use rusqlite::Connection;
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::Result;
use crate::backends::Backends;
use crate::instance::Instance;
use crate::proxy::{Network, Proxy};

/// How long strace may take to detach.
const DETACH_TIMEOUT: Duration = Duration::from_secs(2);

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// SIGKILL at any moment.
    Kill,
    /// A crash at a failpoint of a write.
    Crash,
    /// SIGTERM under load.
    Terminate,
    /// Connections are cut, also in the middle of a frame.
    Cut,
    /// Nothing gets through for a while.
    Pause,
    /// Half-open connections: everything is lost, both ways, without an error.
    HalfOpen,
    /// Everything from the server is lost: it has processed a request, and the client gets no
    /// answer.
    LostResponses,
    /// Clients that send and do not read.
    Stall,
    /// Clients that read a byte now and then.
    Trickle,
    /// A few bytes at a time, then a cut in the middle of a frame.
    Slice,
    /// Everything arrives late.
    Slow,
    /// Every user joins the small room at once.
    Rush,
    /// Another process locks the database.
    Lock,
    /// No file descriptors are left.
    FewFiles,
    /// Writes fail with ENOSPC.
    FullDisk,
    /// Writes fail with EIO.
    BadWrite,
    /// Syncs fail with EIO.
    BadSync,
    /// The clock of the next server jumps an hour back and forth.
    Clock,
    /// A node hangs for a while and wakes.
    Freeze,
    /// Redis ends, and starts again empty.
    RedisRestart,
    /// Redis cuts its subscribers.
    RedisCut,
    /// The connections to Redis are half open for a while.
    RedisHalfOpen,
    /// Nodes lose some of the hints.
    HintLoss,
    /// The connections to the database are cut, also in the middle of a commit.
    DatabaseCut,
    /// Nothing gets through to the database for a while.
    DatabasePause,
    /// The database crashes and recovers.
    DatabaseRestart,
    /// Another program takes locks of the database in the other order.
    Deadlock,
}

impl Fault {
    pub(crate) const ALL: &[Self] = &[
        Self::Kill,
        Self::Crash,
        Self::Terminate,
        Self::Cut,
        Self::Pause,
        Self::HalfOpen,
        Self::LostResponses,
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

    /// Those of several nodes on one database.
    pub(crate) const NODES: &[Self] = &[
        Self::Kill,
        Self::Crash,
        Self::Terminate,
        Self::Cut,
        Self::Pause,
        Self::HalfOpen,
        Self::LostResponses,
        Self::Slow,
        Self::Rush,
        Self::Clock,
        Self::Freeze,
        Self::RedisRestart,
        Self::RedisCut,
        Self::RedisHalfOpen,
        Self::HintLoss,
        Self::DatabaseCut,
        Self::DatabasePause,
        Self::DatabaseRestart,
        Self::Deadlock,
    ];

    /// Whether strace injects it.
    pub(crate) fn needs_strace(self) -> bool {
        matches!(self, Self::FullDisk | Self::BadWrite | Self::BadSync)
    }

    /// Whether it needs a build with failpoints.
    pub(crate) fn needs_failpoints(self) -> bool {
        matches!(self, Self::Crash | Self::Clock)
    }

    /// The state of the network, for a fault of the network.
    fn network(self) -> Option<Network> {
        Some(match self {
            Self::Pause => Network::Paused,
            Self::HalfOpen => Network::HalfOpen,
            Self::LostResponses => Network::LostResponses,
            Self::Stall => Network::Stalled,
            Self::Trickle => Network::Trickling,
            Self::Slice => Network::Sliced,
            Self::Slow => Network::Slow,
            _ => return None,
        })
    }
}

/// Injects a fault of the network into about a third of the connections for a while.
pub(crate) async fn inject_into_network(fault: Fault, proxies: &[Proxy], rng: &mut Rng, duration: Duration) {
    let chosen: Vec<&Proxy> = proxies.iter().filter(|_| rng.u8(0..3) == 0).collect();
    if let Some(network) = fault.network() {
        chosen.iter().for_each(|proxy| proxy.set(network));
        sleep(duration).await;
    }
    if matches!(fault, Fault::Cut | Fault::HalfOpen | Fault::LostResponses | Fault::Slice) {
        chosen.iter().for_each(|proxy| proxy.cut());
    }
    chosen.iter().for_each(|proxy| proxy.set(Network::Clear));
}

/// Injects a fault of what several nodes share, for a while.
pub(crate) async fn inject_into_backends(fault: Fault, backends: &mut Backends, duration: Duration) {
    match fault {
        Fault::RedisRestart => {
            backends.redis.stop();
            sleep(duration).await;
            backends.redis.resume();
        }
        Fault::RedisCut => backends.redis.run("CLIENT KILL TYPE pubsub"),
        Fault::RedisHalfOpen => {
            backends.to_redis.set(Network::HalfOpen);
            sleep(duration).await;
            backends.to_redis.cut();
            backends.to_redis.set(Network::Clear);
        }
        Fault::HintLoss => {
            backends.to_redis.set(Network::HintLoss);
            sleep(duration * 4).await;
            backends.to_redis.set(Network::Clear);
        }
        // Others of the runtime go on.
        Fault::Deadlock => tokio::task::block_in_place(|| backends.deadlock()),
        Fault::DatabaseCut => backends.to_database.cut(),
        Fault::DatabasePause => {
            backends.to_database.set(Network::Paused);
            sleep(duration).await;
            backends.to_database.set(Network::Clear);
        }
        Fault::DatabaseRestart => {
            backends.database.stop();
            sleep(duration / 4).await;
            backends.database.resume();
        }
        _ => {}
    }
}

/// Injects a fault of the store or the process into the running server for a while.
pub(crate) async fn inject_into_server(fault: Fault, server: &Instance, duration: Duration) -> Result<()> {
    match fault {
        Fault::Lock => {
            let lock = Connection::open(server.data_dir().join("madang.db"))?;
            lock.busy_timeout(Duration::from_secs(10))?;
            lock.execute_batch("BEGIN IMMEDIATE")?;
            sleep(duration).await;
            lock.execute_batch("ROLLBACK")?;
        }
        Fault::FewFiles => {
            server.limit_files(true)?;
            sleep(duration).await;
            server.limit_files(false)?;
        }
        Fault::FullDisk => injected(server, "pwrite64", "ENOSPC", duration).await?,
        Fault::BadWrite => injected(server, "pwrite64", "EIO", duration).await?,
        Fault::BadSync => injected(server, "fsync,fdatasync", "EIO", duration).await?,
        _ => {}
    }
    Ok(())
}

/// Makes system calls on the database fail for a while.
async fn injected(server: &Instance, calls: &str, error: &str, duration: Duration) -> Result<()> {
    let Some(pid) = server.pid() else { return Ok(()) };
    let data = server.data_dir();
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-p", &pid.to_string()])
        .args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error={error}")])
        .args(["-P", &data.join("madang.db").to_string_lossy(), "-P", &data.join("madang.db-wal").to_string_lossy()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    sleep(duration).await;
    detach(&mut strace).await
}

/// Ends strace by SIGTERM, which detaches it. One whose tracee has died may ignore that.
pub(crate) async fn detach(strace: &mut Child) -> Result<()> {
    if let Some(pid) = strace.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
        rustix::process::kill_process(pid, Signal::TERM)?;
    }
    if timeout(DETACH_TIMEOUT, strace.wait()).await.is_err() {
        strace.kill().await?;
    }
    Ok(())
}

/// Whether strace is installed and permitted.
pub(crate) fn has_strace() -> bool {
    let looks =
        std::process::Command::new("strace").args(["-qq", "-o", "/dev/null", "-e", "trace=none", "true"]).status();
    looks.is_ok_and(|status| status.success())
}
