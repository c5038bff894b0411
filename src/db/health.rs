//! Whether the last commit worked, for health checks.

use std::sync::atomic::{AtomicU8, Ordering};

use super::Tx;
use super::fault::Fault;
use crate::error::Result;

const FINE: u8 = 0;
const FAILED: u8 = 1;
const FULL: u8 = 2;

/// The outcome of the last commit.
#[derive(Default)]
pub(super) struct Health(AtomicU8);

impl Health {
    pub(super) fn committed(&self) {
        self.0.store(FINE, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, fault: &Fault) {
        let state = if matches!(fault, Fault::Full(_)) { FULL } else { FAILED };
        self.0.store(state, Ordering::Relaxed);
    }

    pub(super) fn is_disk_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == FULL
    }

    /// Does nothing while commits work. After a failed one it writes, and changes nothing: an empty transaction would
    /// succeed on a full disk as well.
    pub(super) fn check<F>(&self, tx: &mut Tx<'_, F>) -> Result<()> {
        if self.0.load(Ordering::Relaxed) != FINE {
            for by in [1_i64, -1] {
                tx.execute("UPDATE migrations SET applied_at = applied_at + ?1 WHERE version = 1", &[&by])?;
            }
        }
        Ok(())
    }
}
