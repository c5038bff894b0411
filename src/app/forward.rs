//! Requests of sessions that another node has: any node of an instance may get the polls of a client, and forwards
//! them. The first two characters of a session id name its node.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use axum::body::Body;
use http::header::{CONNECTION, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use socketio::unknown_session;
use tokio::time::timeout;

use crate::chat::node::NodeId;
use crate::service::App;

/// The URL-safe base 64 of session ids.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Marks forwarded requests, which are not forwarded again.
const FORWARDED: HeaderName = HeaderName::from_static("madang-forwarded");
/// How long another node may take to begin its answer, beyond the time that a poll waits for a ping.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Forwards requests to the nodes that have their sessions.
#[derive(Clone)]
pub(super) struct Forwarder {
    client: Client<HttpConnector, Incoming>,
    timeout: Duration,
}

/// The node that has the session of a request.
pub(super) struct Target {
    forwarder: Forwarder,
    url: String,
}

/// Returns the characters with which the session ids of a node begin.
pub(super) fn prefix(id: NodeId) -> [u8; 2] {
    let number = usize::from(id.as_u16());
    [ALPHABET[number >> 6 & 63], ALPHABET[number & 63]]
}

fn node_of(uri: &Uri) -> Option<NodeId> {
    let sid = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("sid="))?;
    let digit = |at: usize| ALPHABET.iter().position(|letter| Some(letter) == sid.as_bytes().get(at));
    u16::try_from(digit(0)? << 6 | digit(1)?).ok().map(NodeId::from_u16)
}

impl Forwarder {
    /// Returns `None` for a single server.
    pub(super) fn new(app: &App) -> Option<Self> {
        app.node_id()?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Some(Self { client, timeout: app.config.ping_interval + TIMEOUT })
    }

    /// Returns the node that has the session of a request, if it is another one that runs.
    pub(super) fn target(self, app: &App, request: &Request<Incoming>) -> Option<Target> {
        let was_forwarded = request.headers().contains_key(FORWARDED);
        // A WebSocket would go through two servers for good: its session stays with polling.
        let is_upgrade = request.headers().contains_key(UPGRADE);
        let node = node_of(request.uri()).filter(|node| Some(*node) != app.node_id())?;
        let url = app.node_url(node).filter(|_| !was_forwarded && !is_upgrade)?;
        Some(Target { forwarder: self, url })
    }
}

impl Target {
    /// Returns the answer of the node. If there is none, the client is told to connect again, and resumes.
    pub(super) async fn forward(self, request: Request<Incoming>) -> Response<Body> {
        let Some(request) = to_node_request(request, &self.url) else { return unknown_session().map(Body::new) };
        match timeout(self.forwarder.timeout, self.forwarder.client.request(request)).await {
            Ok(Ok(response)) => response.map(Body::new),
            _ => unknown_session().map(Body::new),
        }
    }
}

/// Returns a request as it is sent to another node.
fn to_node_request(request: Request<Incoming>, url: &str) -> Option<Request<Incoming>> {
    let (mut head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    head.uri = format!("{url}{target}").parse().ok()?;
    head.version = http::Version::HTTP_11;
    head.headers.remove(CONNECTION);
    head.headers.insert(FORWARDED, HeaderValue::from_static("1"));
    Some(Request::from_parts(head, body))
}

/// Returns where other nodes reach a listener: its own address, or that of the default route if it listens on all.
pub(super) fn reachable(listener: SocketAddr) -> String {
    let default_route = || {
        // Nothing is sent: the kernel only chooses the address from which it would be. The target is one for documents.
        let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
        socket.connect("192.0.2.1:9").ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    let ip = match listener.ip() {
        ip if ip.is_unspecified() => default_route().unwrap_or(ip),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listener.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_names_its_node() {
        for number in [1, 63, 64, 4_095] {
            let id = NodeId::from_u16(number);
            let sid = String::from_utf8(prefix(id).to_vec()).unwrap() + "abcdefghijklmnopqr";
            let uri = format!("/socket.io/?EIO=4&transport=polling&sid={sid}").parse().unwrap();
            assert_eq!(node_of(&uri), Some(id));
        }
        for other in ["/socket.io/?EIO=4", "/socket.io/?sid=", "/socket.io/?sid=A", "/socket.io/?sid=%41B"] {
            assert_eq!(node_of(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn a_node_is_reached_where_it_listens() {
        assert_eq!(reachable("127.0.0.3:3000".parse().unwrap()), "http://127.0.0.3:3000");
        assert!(!reachable("0.0.0.0:3000".parse().unwrap()).contains("0.0.0.0") || default_route_is_missing());
    }

    fn default_route_is_missing() -> bool {
        UdpSocket::bind("0.0.0.0:0").unwrap().connect("192.0.2.1:9").is_err()
    }
}
