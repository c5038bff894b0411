//! A server as a process of its own: pinned to a core, watched through `/proc`, killed on drop.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Outcome;

pub(crate) struct Process {
    child: Child,
    /// Kept open: a program that writes to a closed pipe may end.
    _stdout: Option<BufReader<ChildStdout>>,
    pub(crate) port: u16,
    pub(crate) started_at: Instant,
}

impl Process {
    /// Starts a program on one core, or on several ("0,1"), and waits for the line that contains its port.
    pub(crate) fn start(cores: &str, program: &Path, configure: impl FnOnce(&mut Command)) -> Outcome<Self> {
        let mut command = pinned(cores, program);
        command.stdout(Stdio::piped());
        configure(&mut command);
        let started_at = Instant::now();
        let mut child = command.spawn().map_err(|error| spawn_error(&error))?;
        let mut line = String::new();
        let mut stdout = child.stdout.take().map(BufReader::new);
        if let Some(stdout) = &mut stdout {
            while !line.contains("ready on http") {
                line.clear();
                if stdout.read_line(&mut line)? == 0 {
                    break;
                }
            }
        }
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let mut process = Self { child, _stdout: stdout, port: 0, started_at };
        process.port = port.ok_or_else(|| format!("{} did not print its port", program.display()))?;
        Ok(process)
    }

    fn proc(&self, file: &str) -> Outcome<String> {
        // taskset replaces itself with the program, so the process is the same.
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    /// Returns the processor time used so far, user and kernel.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        cpu_in(&self.proc("stat")?)
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        self.status("VmRSS:")
    }

    /// Returns the resident memory that is no page of a file, such as the program's own code.
    pub(crate) fn own_memory(&self) -> Outcome<u64> {
        self.status("RssAnon:")
    }

    /// Returns the largest resident memory so far in bytes.
    pub(crate) fn peak_memory(&self) -> Outcome<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Outcome<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, and its data is thrown away.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs on one core, or on several.
pub(crate) fn pinned(cores: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(cores).arg(program);
    command
}

pub(crate) fn spawn_error(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "taskset is missing (Debian: apt-get install util-linux)".to_owned(),
        _ => format!("cannot start taskset: {error}"),
    }
}

/// Returns the processor time that this process has used.
pub(crate) fn own_cpu() -> Outcome<Duration> {
    cpu_in(&std::fs::read_to_string("/proc/self/stat")?)
}

fn cpu_in(stat: &str) -> Outcome<Duration> {
    // The name in parentheses may hold anything; the state and the numbers follow it.
    let (_, numbers) = stat.rsplit_once(')').ok_or("cannot read /proc/PID/stat")?;
    let used = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks(used))
}

/// Converts the clock ticks of `/proc`.
pub(crate) fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Keeps this thread, and those it starts, on one core.
pub(crate) fn pin(core: usize) -> Outcome<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("cannot use core {core}: {error}"))?;
    Ok(())
}

/// Starts something that runs on any core, and not on that of this process only.
pub(crate) fn on_all_cores<T>(start: impl FnOnce() -> T) -> Outcome<T> {
    let own = sched_getaffinity(None)?;
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|core| all.set(core));
    sched_setaffinity(None, &all)?;
    let started = start();
    sched_setaffinity(None, &own)?;
    Ok(started)
}

/// Raises the limit of open files to the hard limit, also for child processes.
pub(crate) fn raise_file_limit(needed: u64) -> Outcome<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!("{needed} open files are needed: raise the hard limit (ulimit -Hn)").into());
    }
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(())
}

/// Returns one of the many addresses of loopback.
pub(crate) fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 1, 0, 1)) + number as u32)
}

/// A temporary folder, removed on drop.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Outcome<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("madang-bench-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
