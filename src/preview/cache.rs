//! A cache of fetched pages, so that a link that many people share is fetched once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::Page;
use crate::http_client::FetchError;

/// The maximum number of cached URLs.
pub(super) const MAX_ENTRIES: usize = 1_000;
/// How long a page stays in the cache.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// The cache entry of one URL. Callers that arrive while it is fetched wait for the same result.
pub(super) type Entry = Arc<OnceCell<Result<Page, FetchError>>>;

pub(super) struct Cache {
    entries: Mutex<HashMap<String, (Instant, Entry)>>,
    /// How long a failed URL is not tried again.
    retry_delay: Duration,
}

impl Cache {
    pub(super) fn new(retry_delay: Duration) -> Self {
        Self { entries: Mutex::default(), retry_delay }
    }

    /// Returns the entry of a URL, empty if nothing is cached.
    pub(super) fn entry(&self, address: &str) -> Entry {
        let mut entries = self.entries.lock();
        if let Some((since, entry)) = entries.get(address)
            && self.is_fresh(*since, entry)
        {
            return Arc::clone(entry);
        }
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, (since, entry)| self.is_fresh(*since, entry));
        }
        if entries.len() >= MAX_ENTRIES
            && let Some(oldest) = entries.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
        let entry = Entry::default();
        entries.insert(address.to_owned(), (Instant::now(), Arc::clone(&entry)));
        entry
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.lock().len()
    }

    /// Removes old entries.
    pub(super) fn prune(&self) {
        self.entries.lock().retain(|_, (since, entry)| self.is_fresh(*since, entry));
    }

    fn is_fresh(&self, since: Instant, entry: &Entry) -> bool {
        let max_age = if matches!(entry.get(), Some(Err(_))) { self.retry_delay } else { MAX_AGE };
        since.elapsed() < max_age
    }
}
