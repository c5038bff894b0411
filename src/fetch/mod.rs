//! Pages of the web, fetched behind a guard for what they say of themselves.
//!
//! Whoever writes a link chooses where this server connects to. So a fetch reaches the world
//! alone ([`guard`]), connects only to addresses that were checked, follows few redirects and
//! checks each like the first, reads a bounded beginning within a bounded time, unpacks nothing,
//! and sends nothing that tells one asker from another.

pub(crate) mod address;
pub(crate) mod get;
pub mod guard;
mod memory;
pub(crate) mod page;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

pub use page::Page;

/// Addresses of a host, on their way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// What a fetch is allowed. No setting reaches these; tests do, for a web of their own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Whether an address that the host of a page answers to may be connected to.
    pub may_reach: fn(&Url, IpAddr) -> bool,
    /// Looks up the addresses of a host.
    pub resolve: fn(&str) -> Resolving,
    /// How long a fetch may take in all, with look-ups and redirects.
    pub timeout: Duration,
    /// Bytes of a page that are read.
    pub body_max: usize,
    /// Requests to one host in a minute, whoever wants them: many people together must not make
    /// this server a burden to another.
    pub per_host: NonZeroU32,
    /// How long an address that brought nothing is left alone.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            may_reach: guard::may_reach,
            resolve: ask_the_system,
            timeout: Duration::from_secs(5),
            body_max: 512 * 1024,
            per_host: NonZeroU32::MIN.saturating_add(59),
            rest: Duration::from_secs(2 * 60),
        }
    }
}

fn ask_the_system(host: &str) -> Resolving {
    let host = host.to_owned();
    Box::pin(async move {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

/// Why there is no page, in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is none, or none that is fetched: asked again it would be the same.
    ForGood(&'static str),
    /// It could not be asked for, or its host is in trouble.
    ForNow(&'static str),
}

/// Fetches pages, each address once at a time, and remembers the answers for some minutes.
pub struct Fetcher {
    limits: Limits,
    tls: TlsConnector,
    hosts: DefaultKeyedRateLimiter<String>,
    memory: memory::Memory,
}

impl Fetcher {
    pub fn new(limits: Limits) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(limits, roots)
    }

    fn trusting(limits: Limits, roots: RootCertStore) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the versions of TLS that rustls takes for safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let hosts = RateLimiter::keyed(Quota::per_minute(limits.per_host));
        let memory = memory::Memory::new(limits.rest);
        Self { limits, tls: TlsConnector::from(Arc::new(tls)), hosts, memory }
    }

    /// What the page of an address says of itself.
    ///
    /// # Errors
    /// Why there is nothing to show: for the log, and for whoever may ask again. Who wrote the
    /// address does not learn it.
    pub async fn page(&self, address: &str) -> Result<Page, Missing> {
        let url = address::parse(address).ok_or(Missing::ForGood("no address of a page"))?;
        let place = self.memory.place(url.as_str());
        place.get_or_init(|| self.get(url)).await.clone()
    }

    async fn get(&self, url: Url) -> Result<Page, Missing> {
        let got = timeout(self.limits.timeout, get::document(self, url)).await;
        let document = got.unwrap_or(Err(Missing::ForNow("too slow")))?;
        // Half a megabyte of tags takes a while.
        let read = tokio::task::spawn_blocking(move || page::read(&document)).await;
        read.ok().flatten().ok_or(Missing::ForGood("no title"))
    }

    /// Forgets what is old; called now and then.
    pub fn tidy(&self) {
        self.memory.tidy();
        self.hosts.retain_recent();
    }
}
