//! Reads what a linked page says about itself, for link previews.

mod cache;
pub(crate) mod page;
#[cfg(test)]
mod tests;

use std::time::Duration;

use url::Url;

use crate::http_client::{Client, FetchError, Limits, parse_url};
use cache::Cache;
pub use page::Page;

/// Fetches pages, each URL once at a time, and caches the results for some minutes.
pub struct Fetcher {
    client: Client,
    cache: Cache,
}

impl Fetcher {
    /// A failed URL is not tried again before `retry_delay` has passed.
    pub fn new(limits: Limits, retry_delay: Duration) -> Self {
        Self::with_client(Client::new(limits), retry_delay)
    }

    fn with_client(client: Client, retry_delay: Duration) -> Self {
        Self { client, cache: Cache::new(retry_delay) }
    }

    /// Fetches a URL and returns what its page says about itself.
    ///
    /// # Errors
    /// Returns why there is nothing to show, for the log and for a retry. The author of the link
    /// does not see it.
    pub async fn page(&self, address: &str) -> Result<Page, FetchError> {
        let url = parse_url(address).ok_or(FetchError::Permanent("not the URL of a page"))?;
        let entry = self.cache.entry(url.as_str());
        entry.get_or_init(|| self.fetch(url)).await.clone()
    }

    async fn fetch(&self, url: Url) -> Result<Page, FetchError> {
        let document = self.client.get_html(url).await?;
        // Parsing half a megabyte of tags takes a while.
        let read = tokio::task::spawn_blocking(move || page::read(&document)).await;
        read.ok().flatten().ok_or(FetchError::Permanent("no title"))
    }

    /// Removes old entries from the cache; called periodically.
    pub fn prune(&self) {
        self.cache.prune();
        self.client.prune();
    }
}
