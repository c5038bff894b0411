//! The id of a request, by which it is found in the log, and what is counted and logged of it.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::MatchedPath;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tracing::Span;

use super::ClientAddress;
use crate::log::ACCESS;
use crate::metrics;

/// The header of the id, in responses and from proxies.
pub(super) const HEADER: &str = "x-request-id";
/// The id of a request that a trusted proxy has chosen.
#[derive(Clone)]
pub struct RequestId(String);

/// A request that is being answered.
pub struct RequestRecord {
    begin: Instant,
    id: String,
    method: Method,
    path: String,
    route: String,
    address: Option<IpAddr>,
}

/// Most bytes of a path in the log; every path of this server is shorter.
const LOGGED: usize = 256;
/// The route of the sockets, whose requests wait for packets.
const SOCKETS: &str = "/socket.io/";

impl RequestId {
    /// Returns the id that a request brings, if it can be one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let id = headers.get(HEADER)?.to_str().ok()?;
        let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        ((1..=64).contains(&id.len()) && is_plain).then(|| Self(id.to_owned()))
    }

    fn random() -> Self {
        let mut id = [0; 8];
        // Without a random id the request is still served.
        let _ = getrandom::fill(&mut id);
        Self(format!("{:016x}", u64::from_le_bytes(id)))
    }
}

impl RequestRecord {
    /// Begins the record of a page, a file or a call.
    pub(super) fn begin<B>(request: &Request<B>) -> Self {
        let route = request.extensions().get().map_or("none", MatchedPath::as_str).to_owned();
        Self::of_route(request, route)
    }

    /// Begins the record of a request to the sockets.
    pub fn of_sockets<B>(request: &Request<B>) -> Self {
        Self::of_route(request, SOCKETS.to_owned())
    }

    fn of_route<B>(request: &Request<B>, route: String) -> Self {
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::random).0;
        let address = request.extensions().get().map(|ClientAddress(address)| *address);
        let path = path_for_log(request.uri().path()).to_owned();
        Self { begin: Instant::now(), id, method: request.method().clone(), path, route, address }
    }

    /// Returns what the log lines of this request begin with, down to the database's writer.
    pub(super) fn span(&self) -> Span {
        tracing::info_span!("request", id = self.id)
    }

    pub(super) fn id(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.id.as_str()).ok()
    }

    /// Counts the request and logs it, once its answer begins.
    pub fn end(&self, status: StatusCode) {
        let Self { begin, id, method, path, route, address } = self;
        metrics::HTTP_REQUESTS.add(&[name_of(method), route, status.as_str()]);
        if route != SOCKETS {
            metrics::HTTP_SECONDS.since(&[route], *begin);
        }
        let (status, ms) = (status.as_u16(), begin.elapsed().as_secs_f64() * 1_000.0);
        let address = address.map(tracing::field::display);
        tracing::info!(target: ACCESS, %method, path, route, status, ms, address, request_id = id, "answered");
        tracing::debug!(%method, path, status, request_id = id, "answered");
    }
}

/// Returns the name of a method for a label: a client may send any.
fn name_of(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];
    NAMES.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// Shortens a path for the log and cuts off the code of an invite or a one-time link, and the secret of a hook.
fn path_for_log(path: &str) -> &str {
    let secret = [
        "/invite/",
        "/invites/",
        "/hooks/",
        "/admin/",
        "/reset/",
        "/signup/",
        "/transfer/",
        "/email/",
        "/unsubscribe/",
    ]
    .iter()
    .find_map(|name| Some(path.find(name)? + name.len()));
    let end = secret.unwrap_or(path.len()).min(LOGGED);
    &path[..path.floor_char_boundary(end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abuse: A10
    #[test]
    fn no_secret_of_a_path_is_logged() {
        for (path, logged) in [
            ("/hooks/sesame", "/hooks/"),
            ("/invite/sesame", "/invite/"),
            ("/room/1/invites/sesame/delete", "/room/1/invites/"),
            ("/reset/sesame", "/reset/"),
            ("/signup/sesame", "/signup/"),
            ("/transfer/sesame", "/transfer/"),
            ("/email/sesame", "/email/"),
            ("/unsubscribe/sesame", "/unsubscribe/"),
            ("/transfer/sesame/qr.svg", "/transfer/"),
            ("/admin/sesame", "/admin/"),
            ("/room/1", "/room/1"),
        ] {
            assert_eq!(path_for_log(path), logged);
        }
    }

    #[test]
    fn an_id_is_taken_only_if_it_is_plain() {
        let id = |text: &str| {
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), text.parse().unwrap())]);
            RequestId::of(&headers).map(|id| id.0)
        };
        assert_eq!(id("7f-a_b.2").as_deref(), Some("7f-a_b.2"));
        for odd in ["", "a b", "a\"b", "ä", &"x".repeat(65)] {
            assert_eq!(id(odd), None, "{odd}");
        }
    }
}
