//! The application's hooks into the handshake, and what they keep of its request.

use std::any::Any;
use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Uri};

/// What [`HandshakeHooks::data`] kept of the request that opened a session.
pub type HandshakeData = Arc<dyn Any + Send + Sync>;

/// A request that opens a session.
#[derive(Clone, Copy, Debug)]
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

/// The verdict of [`HandshakeHooks::allow`], which may take its time.
pub type AllowFuture<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Hooks of the handshake.
///
/// They run for each request on the server's path, so they must be quick and must not block: all but
/// [`HandshakeHooks::allow`], which runs for those that open a session.
pub trait HandshakeHooks: Send + Sync + 'static {
    /// Judges the `Origin` header of a request.
    fn origin(&self, _headers: &HeaderMap) -> Origin {
        Origin::Same
    }

    /// Decides whether a request may open a session; otherwise it gets 403. It may wait, for a database for
    /// example, within the limits on the sessions and handshakes of an address.
    fn allow<'a>(&'a self, _request: HandshakeRequest<'a>) -> AllowFuture<'a> {
        Box::pin(ready(true))
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
