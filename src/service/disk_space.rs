//! The free space of the data folder. When it runs low, guests stop storing first, then everybody; deletions and log-ins
//! go on.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{App, log_failure};
use crate::chat::user::UserKind;
use crate::data_folder;
use crate::error::{Code, Error, Result};

/// The free space of the data folder, as of the last check.
#[derive(Debug)]
pub(super) struct DiskSpace {
    /// Bytes below which guests store nothing; below half of them, nobody does.
    reserve: u64,
    free: AtomicU64,
}

impl DiskSpace {
    pub(super) fn new(reserve: u64) -> Self {
        Self { reserve, free: AtomicU64::new(u64::MAX) }
    }

    /// Checks that a user of this kind may store something.
    ///
    /// # Errors
    /// `unavailable` when the space is needed for others.
    pub(super) fn check(&self, kind: UserKind) -> Result<()> {
        let free = self.free.load(Ordering::Relaxed);
        let needed = if kind == UserKind::Guest { self.reserve } else { self.reserve / 2 };
        if free >= needed {
            return Ok(());
        }
        Err(Error::new(Code::Unavailable).with_message("the disk of this server is almost full"))
    }

    fn measure(&self, folder: &Path) {
        let Some(free) = data_folder::free_bytes(folder) else { return };
        let (before, reserve) = (self.free.swap(free, Ordering::Relaxed), self.reserve);
        if free < reserve / 2 && before >= reserve / 2 {
            tracing::error!(free, reserve, "the disk is almost full: nobody stores anything");
        } else if free < reserve && before >= reserve {
            tracing::warn!(free, reserve, "the disk is almost full: guests store nothing");
        }
    }

    fn is_full(&self) -> bool {
        self.free.load(Ordering::Relaxed) < self.reserve / 2
    }
}

impl App {
    /// Measures the free space of the data folder, and returns whether users may still store something.
    pub fn measure_has_space(&self) -> bool {
        self.disk_space.measure(&self.config.data_dir);
        !self.disk_space.is_full()
    }

    /// Measures the free space of the data folder.
    pub async fn measure_disk_space(&self) {
        let app = self.clone();
        let measured = tokio::task::spawn_blocking(move || app.disk_space.measure(&app.config.data_dir));
        log_failure("measuring the free disk space", measured.await.map_err(Error::internal));
    }
}
