//! An HTTP client for addresses that users choose, behind an SSRF guard: links, webhooks, push services.
//!
//! A user chooses where this server connects to. So a request reaches public addresses
//! only ([`guard`]), connects only to addresses that were checked, follows few redirects and checks
//! each of them, reads a bounded beginning within a bounded time, decompresses nothing, and sends
//! nothing that identifies a user.

pub(crate) mod address;
pub(crate) mod get;
pub mod guard;
mod post;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use socketio::{Rate, RateLimiter};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

pub(crate) use address::parse as parse_url;
pub(crate) use get::Document;
pub(crate) use post::Answer;

/// A pending DNS lookup.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The limits of a request. No setting changes them; tests do, for servers of their own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Decides whether an address of a page's host may be connected to.
    pub may_reach: fn(&Url, IpAddr) -> bool,
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            may_reach: guard::may_reach,
            resolve: system_resolver,
            timeout: Duration::from_secs(5),
            body_max: 512 * 1024,
            per_host: 60,
            per_address: 180,
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

/// Why there is no page, in a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// There is no page, or one that is not fetched. Another attempt would give the same result.
    Permanent(&'static str),
    /// The page could not be requested, or its host has an error. Another attempt may succeed.
    Temporary(&'static str),
}

pub struct Client {
    limits: Limits,
    tls: TlsConnector,
    hosts: RateLimiter<String>,
    addresses: RateLimiter<IpAddr>,
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
        let addresses = RateLimiter::new(Rate::per_minute(limits.per_address));
        Self { limits, tls: TlsConnector::from(Arc::new(tls)), hosts, addresses }
    }

    /// Posts a body with some headers and returns the answer. Redirects are not followed.
    pub(crate) async fn post(
        &self,
        url: Url,
        content_type: &str,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> Result<Answer, FetchError> {
        let posted = timeout(self.limits.timeout, post::body(self, &url, content_type, headers, body)).await;
        posted.unwrap_or(Err(FetchError::Temporary("timed out")))
    }

    /// Fetches the beginning of an HTML page.
    pub(crate) async fn get_html(&self, url: Url) -> Result<Document, FetchError> {
        let got = timeout(self.limits.timeout, get::document(self, url)).await;
        got.unwrap_or(Err(FetchError::Temporary("timed out")))
    }
}
