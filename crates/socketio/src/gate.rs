//! Who may connect: the hooks by which an application looks at the opening request.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Uri};

/// What the handlers may know of the request that opened a session, as [`Gate::admit`] kept it.
pub type Visitor = Arc<dyn Any + Send + Sync>;

/// A request that wants to open a session.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Its target, with the query.
    pub uri: &'a Uri,
    /// Its headers, with cookies and `Referer` where there are any.
    pub headers: &'a HeaderMap,
    /// The client's address as the listener's owner found it, behind its proxies.
    pub address: IpAddr,
}

/// Whose page a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Our own, or none was sent: no header is needed.
    Same,
    /// Another that is welcome: this value goes into `Access-Control-Allow-Origin`.
    Foreign(HeaderValue),
    /// Another: the request gets 403, before any session.
    Forbidden,
}

/// Hooks of the handshake. All of them run for each request on the server's path, so they must be
/// quick and must not block; what needs a database belongs into a namespace's guard.
pub trait Gate: Send + Sync + 'static {
    /// Judges the `Origin` of any request.
    fn origin(&self, _headers: &HeaderMap) -> Origin {
        Origin::Same
    }

    /// Keeps of an opening request what the handlers will need. Requests are large and sessions
    /// are many: keep little.
    fn admit(&self, _opening: &Opening<'_>) -> Visitor {
        Arc::new(())
    }

    /// What must stay equal over all requests of a polling session: a hash of the cookie that
    /// names its person, say. A request whose fingerprint differs gets the answer of an unknown
    /// session.
    fn fingerprint(&self, _headers: &HeaderMap) -> u64 {
        0
    }
}

/// Lets everybody in and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenGate;

impl Gate for OpenGate {}
