//! What the kernel knows of this process.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// Ticks in a second, as `/proc` counts them on every Linux.
const TICKS: f64 = 100.0;

/// What the kernel knows of this process. What cannot be read is 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessStats {
    pub resident_bytes: u64,
    pub cpu_seconds: f64,
    pub open_files: usize,
    pub max_files: u64,
}

/// Reads the numbers of this moment.
pub fn read() -> ProcessStats {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB"));
    ProcessStats {
        resident_bytes: resident.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) * 1_024,
        cpu_seconds: cpu_seconds().unwrap_or(0.0),
        open_files: fs::read_dir("/proc/self/fd").map_or(0, |files| files.count().saturating_sub(1)),
        max_files: getrlimit(Resource::Nofile).current.unwrap_or(0),
    }
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in brackets and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_knows_this_process() {
        let stats = read();
        assert!(stats.resident_bytes > 1 << 20 && stats.open_files > 2 && stats.max_files > 16, "{stats:?}");
        assert!(stats.cpu_seconds >= 0.0);
    }
}
