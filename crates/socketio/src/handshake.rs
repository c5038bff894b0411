//! The application's hooks into the handshake, and what they keep of its request.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Uri};

/// What [`HandshakeHooks::data`] kept of the request that opened a session.
pub type HandshakeData = Arc<dyn Any + Send + Sync>;

/// A request that opens a session.
#[derive(Debug)]
pub struct HandshakeRequest<'a> {
    /// Its target, with the query.
    pub uri: &'a Uri,
    /// Its headers, including cookies and `Referer`.
    pub headers: &'a HeaderMap,
    /// The client's address, as passed to [`Engine::handle`](crate::Engine::handle).
    pub address: IpAddr,
}

/// The verdict on a request's `Origin` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server's own origin, or no header: no CORS header is needed.
    Same,
    /// An allowed foreign origin: the value goes into `Access-Control-Allow-Origin`.
    Foreign(HeaderValue),
    /// A forbidden origin: the request gets 403 before any session.
    Forbidden,
}

/// Hooks of the handshake.
///
/// They run for each request on the server's path, so they must be quick and must not block. Checks
/// that need a database belong into [`Namespace::connect_middleware`](crate::Namespace::connect_middleware).
pub trait HandshakeHooks: Send + Sync + 'static {
    /// Judges the `Origin` header of a request.
    fn origin(&self, _headers: &HeaderMap) -> Origin {
        Origin::Same
    }

    /// Returns what the handlers need of an opening request. It lives as long as the session: keep
    /// it small.
    fn data(&self, _request: &HandshakeRequest<'_>) -> HandshakeData {
        Arc::new(())
    }

    /// Returns a value that must be equal in all requests of a session, for example a hash of the
    /// session cookie. A request with another value is answered as if its session were unknown.
    fn fingerprint(&self, _headers: &HeaderMap) -> u64 {
        0
    }
}

/// Hooks that allow every request and keep nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl HandshakeHooks for AllowAll {}
