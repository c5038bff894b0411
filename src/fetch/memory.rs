//! A cache of fetched pages, so that a link that many people share is fetched once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::{Missing, Page};

/// The maximum number of cached URLs.
pub(super) const MOST: usize = 1_000;
/// How long a page stays in the cache.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// The cache entry of one URL. Callers that arrive while it is fetched wait for the same result.
pub(super) type Place = Arc<OnceCell<Result<Page, Missing>>>;

pub(super) struct Memory {
    places: Mutex<HashMap<String, (Instant, Place)>>,
    /// How long a failed URL is not tried again.
    rest: Duration,
}

impl Memory {
    pub(super) fn new(rest: Duration) -> Self {
        Self { places: Mutex::default(), rest }
    }

    /// Returns the entry of a URL, empty if nothing is cached.
    pub(super) fn place(&self, address: &str) -> Place {
        let mut places = self.places.lock();
        if let Some((since, place)) = places.get(address)
            && self.is_fresh(*since, place)
        {
            return Arc::clone(place);
        }
        if places.len() >= MOST {
            places.retain(|_, (since, place)| self.is_fresh(*since, place));
        }
        if places.len() >= MOST
            && let Some(oldest) = places.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            places.remove(&oldest);
        }
        let place = Place::default();
        places.insert(address.to_owned(), (Instant::now(), Arc::clone(&place)));
        place
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.lock().len()
    }

    /// Removes old entries.
    pub(super) fn tidy(&self) {
        self.places.lock().retain(|_, (since, place)| self.is_fresh(*since, place));
    }

    fn is_fresh(&self, since: Instant, place: &Place) -> bool {
        let lasts = if matches!(place.get(), Some(Err(_))) { self.rest } else { FRESH };
        since.elapsed() < lasts
    }
}
