//! An HTTP client for addresses that users choose, behind an SSRF guard: links, webhooks, push services.
//!
//! A user chooses where this server connects to. So a request reaches public addresses
//! only ([`guard`]), connects only to addresses that were checked, follows few redirects and checks
//! each of them, reads a bounded beginning within a bounded time, decompresses nothing, and sends
//! nothing that identifies a user. Requests with a body keep their connections for the next one (`pool.rs`), and of those to one
//! host a limited number runs at a time (`host_slots.rs`).

pub(crate) mod address;
mod connect;
pub(crate) mod get;
pub mod guard;
mod host_slots;
mod pool;
mod post;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ipnet::IpNet;
use socketio::{Rate, RateLimiter};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Position, Url};

pub(crate) use address::parse as parse_url;
pub(crate) use get::Document;
pub(crate) use post::{Answer, Guarantee};

use connect::{Connector, NOT_PUBLIC};
use host_slots::HostSlots;
use pool::Pool;

/// A pending DNS lookup.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The limits of a request. No setting changes them; tests do, for servers of their own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Decides whether an address of a host may be connected to.
    pub may_reach: fn(&Url, IpAddr) -> bool,
    /// Networks that may be reached whatever `may_reach` says, on any port.
    pub networks: Vec<IpNet>,
    /// Resolves the addresses of a host.
    pub resolve: fn(&str) -> Resolving,
    /// How long a request may take in total, with lookups and redirects.
    pub timeout: Duration,
    /// The maximum number of bytes read of a page.
    pub body_max: usize,
    /// Requests per minute to one host, over all users, so that this server does not become a
    /// burden to another.
    pub per_host: u32,
    /// Connections per minute to one address, over all users and names: many names may lead to one server.
    pub per_address: u32,
    /// Requests with a body to one host at a time.
    pub at_once: usize,
}

impl Limits {
    /// Returns whether an address of a URL's host may be connected to.
    pub(crate) fn may_connect(&self, url: &Url, address: IpAddr) -> bool {
        (self.may_reach)(url, address) || self.networks.iter().any(|network| network.contains(&address))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            may_reach: guard::may_reach,
            networks: Vec::new(),
            resolve: system_resolver,
            timeout: Duration::from_secs(5),
            body_max: 512 * 1024,
            per_host: 60,
            per_address: 180,
            at_once: 16,
        }
    }
}

fn system_resolver(host: &str) -> Resolving {
    let host = host.to_owned();
    Box::pin(async move {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

/// Why there is no page or no answer, in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// There is no page, or one that is not fetched. Another attempt would give the same result.
    Permanent(&'static str),
    /// The page could not be requested, or its host has an error. Another attempt may succeed.
    Temporary(&'static str),
    /// This server does not send more to the host for so long. The host knows nothing of the request.
    Busy(Duration),
}

impl FetchError {
    /// Returns the reason in words.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Permanent(why) | Self::Temporary(why) => why,
            Self::Busy(_) => "this server sends to the host as much as it may",
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why())
    }
}

impl std::error::Error for FetchError {}

pub struct Client {
    connector: Arc<Connector>,
    hosts: RateLimiter<String>,
    slots: HostSlots,
    pool: Pool,
    /// Opens a connection for each request.
    unkept: Pool,
}

impl Client {
    pub fn new(limits: Limits) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(limits, roots)
    }

    pub(crate) fn trusting(limits: Limits, roots: RootCertStore) -> Self {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default TLS versions of rustls")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let hosts = RateLimiter::new(Rate::per_minute(limits.per_host));
        let (slots, idle_max) = (HostSlots::new(limits.at_once), limits.at_once);
        let connector = Arc::new(Connector::new(limits, TlsConnector::from(Arc::new(tls))));
        let (pool, unkept) = (pool::new(Arc::clone(&connector), idle_max), pool::new(Arc::clone(&connector), 0));
        Self { connector, hosts, slots, pool, unkept }
    }

    /// Returns whether a URL may be reached as far as that is known without resolving a name.
    pub(crate) fn may_be_reached(&self, url: &Url) -> bool {
        let limits = &self.connector.limits;
        match url.host() {
            Some(Host::Ipv4(address)) => limits.may_connect(url, address.into()),
            Some(Host::Ipv6(address)) => limits.may_connect(url, address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }

    /// Posts a body with some headers and returns the answer. Redirects are not followed.
    pub(crate) async fn post(
        &self,
        url: Url,
        content_type: &str,
        headers: &[(&str, String)],
        body: Bytes,
        guarantee: Guarantee,
    ) -> Result<Answer, FetchError> {
        let (pool, limit) = match guarantee {
            Guarantee::AtLeastOnce => (&self.pool, self.connector.limits.timeout),
            Guarantee::AtMostOnce(limit) => (&self.unkept, limit),
        };
        let host = url.host().ok_or(FetchError::Permanent("no host"))?.to_string();
        let _slot = self.slots.take(&url[Position::BeforeHost..Position::AfterPort]).await.map_err(FetchError::Busy)?;
        self.hosts.check(host).map_err(FetchError::Busy)?;
        let posting = post::body(pool, &url, content_type, headers, body, guarantee);
        match timeout(limit, posting).await {
            // How often it is tried again must not tell either whether a name exists inside.
            Ok(Err(FetchError::Permanent(why))) if why == NOT_PUBLIC => Err(FetchError::Temporary(why)),
            Ok(posted) => posted,
            Err(_) => Err(FetchError::Temporary("timed out")),
        }
    }

    /// Fetches the beginning of an HTML page.
    pub(crate) async fn get_html(&self, url: Url) -> Result<Document, FetchError> {
        let got = timeout(self.connector.limits.timeout, get::document(self, url)).await;
        got.unwrap_or(Err(FetchError::Temporary("timed out")))
    }
}
