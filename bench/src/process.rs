//! A server as a process of its own: started on one core, watched through /proc, ended with us.

use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::Outcome;

/// A started server. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// Kept open: whoever writes to a closed one may end of it.
    _stdout: Option<BufReader<ChildStdout>>,
    pub(crate) port: u16,
    pub(crate) started_at: Instant,
}

impl Server {
    /// Starts `command` on one core and waits for the line that tells its port.
    pub(crate) fn start(core: usize, program: &Path, with: impl FnOnce(&mut Command)) -> Outcome<Self> {
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(core.to_string()).arg(program).stdout(Stdio::piped());
        with(&mut command);
        let started_at = Instant::now();
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => "taskset is missing: it comes with util-linux".into(),
            _ => format!("cannot start taskset: {error}"),
        })?;
        let mut line = String::new();
        let mut stdout = child.stdout.take().map(BufReader::new);
        if let Some(stdout) = &mut stdout {
            // Some say other things first.
            while !line.contains("ready on http") {
                line.clear();
                if stdout.read_line(&mut line)? == 0 {
                    break;
                }
            }
        }
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let mut server = Self { child, _stdout: stdout, port: 0, started_at };
        server.port = port.ok_or_else(|| format!("{} did not get ready", program.display()))?;
        Ok(server)
    }

    fn proc(&self, file: &str) -> Outcome<String> {
        // taskset has become the program: the process is the same.
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    /// The processor time it has used, its own and the kernel's for it.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        cpu_in(&self.proc("stat")?)
    }

    /// The memory it has in use, in bytes.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        self.status("VmRSS:")
    }

    /// The most memory it has had in use so far, in bytes.
    pub(crate) fn most_memory(&self) -> Outcome<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Outcome<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name}"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what was wanted; its data is thrown away.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that this process has used.
pub(crate) fn own_cpu() -> Outcome<Duration> {
    cpu_in(&std::fs::read_to_string("/proc/self/stat")?)
}

fn cpu_in(stat: &str) -> Outcome<Duration> {
    // The name in parentheses may hold anything; the state and the numbers follow it.
    let (_, numbers) = stat.rsplit_once(')').ok_or("a strange /proc/PID/stat")?;
    let used = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks(used))
}

/// The clock ticks of `/proc` as time.
pub(crate) fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Keeps this thread, and those it starts, on one core.
pub(crate) fn pin(core: usize) -> Outcome<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("core {core} is not to be had: {error}"))?;
    Ok(())
}

/// Raises the number of files, and so of connections, that we and what we start may open, to what
/// the machine allows; gives how many that are.
pub(crate) fn allow_files(needed: u64) -> Outcome<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!("{needed} open files are needed: raise the hard limit (ulimit -Hn)").into());
    }
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(maximum.unwrap_or(u64::MAX))
}
