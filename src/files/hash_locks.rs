//! Locks on hashes: otherwise an upload of a content could lose its bytes to a removal that runs at the same time.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A removal waits for uploads of its lock, and uploads of that lock wait for it; all others go on.
const LOCKS: usize = 64;

/// Held for reading from storing bytes until their row is written, and for writing while bytes without a row are
/// removed. Each is shared by the hashes with some of the first two digits.
pub(crate) struct HashLocks([RwLock<()>; LOCKS]);

impl HashLocks {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }

    /// Waits until none of the hashes is being removed, and prevents it.
    pub(crate) async fn prevent_removal(&self, hashes: &[String]) -> Vec<RwLockReadGuard<'_, ()>> {
        // In order and each once: otherwise two uploads that wait for removals could wait for each other.
        let numbers: BTreeSet<usize> = hashes.iter().map(|hash| number(hash)).collect();
        let mut held = Vec::with_capacity(numbers.len());
        for number in numbers {
            held.push(self.0[number].read().await);
        }
        held
    }

    /// Waits until no content with the lock of this hash is being stored, and prevents it. Only one may be held.
    pub(crate) async fn prevent_storing(&self, hash: &str) -> RwLockWriteGuard<'_, ()> {
        self.0[number(hash)].write().await
    }
}

/// Returns the hashes in batches of one lock and a limited size.
pub(crate) fn batches(hashes: Vec<String>, most: usize) -> Vec<Vec<String>> {
    let mut by_lock: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for hash in hashes {
        by_lock.entry(number(&hash)).or_default().push(hash);
    }
    by_lock.values().flat_map(|hashes| hashes.chunks(most).map(<[String]>::to_vec)).collect()
}

fn number(hash: &str) -> usize {
    let first = hash.get(..2).and_then(|digits| usize::from_str_radix(digits, 16).ok());
    first.unwrap_or_default() % LOCKS
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn hash(first: u8) -> String {
        format!("{first:02x}{}", "0".repeat(62))
    }

    #[test]
    fn a_removal_waits_for_and_delays_only_uploads_of_its_lock() {
        let locks = HashLocks::new();
        // Two have the same lock.
        let upload = locks.prevent_removal(&[hash(1), hash(2), hash(1), hash(65)]).now_or_never().unwrap();
        assert_eq!(upload.len(), 2);
        let (same, other) = (hash(66), hash(3));
        let mut removal = Box::pin(locks.prevent_storing(&same));
        assert!(removal.as_mut().now_or_never().is_none());
        assert!(locks.prevent_storing(&other).now_or_never().is_some());
        assert!(locks.prevent_removal(&[hash(1), hash(3)]).now_or_never().is_some());
        assert!(locks.prevent_removal(&[hash(2)]).now_or_never().is_none(), "the removal is before it");
        drop(upload);
        assert!(removal.now_or_never().is_some());
    }

    #[test]
    fn a_batch_has_one_lock_and_a_limited_size() {
        let hashes = vec![hash(1), hash(2), hash(65), hash(129)];
        assert_eq!(batches(hashes, 2), [vec![hash(1), hash(65)], vec![hash(129)], vec![hash(2)]]);
    }
}
