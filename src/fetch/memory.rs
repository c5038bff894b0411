//! What was fetched lately, so that a link that goes round is fetched once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::{Missing, Page};

/// Addresses that are remembered.
pub(super) const MOST: usize = 1_000;
/// How long a page is taken for what it was.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// One address: whoever comes while it is fetched waits for the same answer.
pub(super) type Place = Arc<OnceCell<Result<Page, Missing>>>;

pub(super) struct Memory {
    places: Mutex<HashMap<String, (Instant, Place)>>,
    /// How long one that brought nothing is left alone.
    rest: Duration,
}

impl Memory {
    pub(super) fn new(rest: Duration) -> Self {
        Self { places: Mutex::default(), rest }
    }

    /// The place of an address, empty where nothing is known of it.
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

    /// Forgets what is old.
    pub(super) fn tidy(&self) {
        self.places.lock().retain(|_, (since, place)| self.is_fresh(*since, place));
    }

    fn is_fresh(&self, since: Instant, place: &Place) -> bool {
        let lasts = if matches!(place.get(), Some(Err(_))) { self.rest } else { FRESH };
        since.elapsed() < lasts
    }
}
