//! The memory that this process may use, and shares of it.

use std::fs;

use parking_lot::{Condvar, Mutex};

/// Returns how many bytes this process may use: the limit of its cgroup, or the memory of the machine. `None` where
/// neither can be read.
pub fn available() -> Option<u64> {
    [of_cgroup(), of_machine()].into_iter().flatten().min()
}

fn of_machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

/// Returns the lowest limit from this process's cgroup up to the root. Version 2 has one tree, version 1 has one for
/// memory; in a container its own group is often mounted as the root.
fn of_cgroup() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = groups.lines().filter_map(|line| {
        let (_, group) = line.split_once(':')?;
        let (controllers, path) = group.split_once(':')?;
        match controllers {
            "" => lowest("/sys/fs/cgroup", path, "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                lowest("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    limits.min()
}

fn lowest(root: &str, path: &str, file: &str) -> Option<u64> {
    let groups = std::path::Path::new(path.trim_start_matches('/')).ancestors();
    // "max" is no number: no limit.
    let limit = |group| fs::read_to_string(std::path::Path::new(root).join(group).join(file)).ok()?.trim().parse().ok();
    groups.filter_map(limit).min()
}

/// Bytes that several threads share.
#[derive(Debug)]
pub struct Budget {
    total: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

impl Budget {
    pub fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), freed: Condvar::new() }
    }

    /// Blocks the thread until this many bytes are free and takes them. Returns `None` for more than there are in all.
    pub fn take(&self, bytes: u64) -> Option<Share<'_>> {
        if bytes > self.total {
            return None;
        }
        let mut free = self.free.lock();
        self.freed.wait_while(&mut free, |free| *free < bytes);
        *free -= bytes;
        Some(Share { budget: self, bytes })
    }
}

/// A part of a budget, given back on drop.
#[derive(Debug)]
pub struct Share<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.budget.free.lock() += self.bytes;
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_this_machine_is_known() {
        assert!(available().is_some_and(|bytes| bytes > 100 << 20));
    }

    #[test]
    fn a_share_waits_until_there_is_enough() {
        let budget = Budget::new(10);
        assert!(budget.take(11).is_none());
        let first = budget.take(6).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                let share = budget.take(5).unwrap();
                share.bytes
            });
            drop(first);
            assert_eq!(second.join().unwrap(), 5);
        });
        assert_eq!(*budget.free.lock(), 10);
    }
}
