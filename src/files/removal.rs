//! The lock that keeps a backup and removals apart, shared by the removals of this process.

use std::io;
use std::path::Path;

use parking_lot::Mutex;

use crate::lock::Lock;

#[derive(Default)]
pub(super) struct Removals(Mutex<Running>);

#[derive(Default)]
struct Running {
    count: usize,
    lock: Option<Lock>,
}

/// While it exists, no backup begins to read.
pub(crate) struct Removal<'a>(&'a Removals);

impl Removals {
    /// Begins a removal; `None` while a backup reads.
    pub(super) fn begin(&self, data_dir: &Path) -> io::Result<Option<Removal<'_>>> {
        let mut running = self.0.lock();
        if running.lock.is_none() {
            running.lock = Lock::removal(data_dir)?;
        }
        Ok(running.lock.is_some().then(|| {
            running.count += 1;
            Removal(self)
        }))
    }
}

impl Drop for Removal<'_> {
    fn drop(&mut self) {
        let mut running = self.0.0.lock();
        running.count -= 1;
        if running.count == 0 {
            running.lock = None;
        }
    }
}
