//! The Engine.IO server (protocol version 4): who may open a session, and which request belongs
//! to which session.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL,
    CONTENT_TYPE, RETRY_AFTER, VARY,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming as Body;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::address::{Addresses, network};
use crate::config::Config;
use crate::cork::Corks;
use crate::gate::{Opening, Origin};
use crate::outlet::{Polling, Transport};
use crate::payload::Packet;
use crate::peer::{Peer, Reason};
use crate::polling;
use crate::rate::{Meters, Verdict};
use crate::session::{BadRequest, Session, Sid};
use crate::stream::Wire;
use crate::websocket;

/// An answer of this server.
pub type Answer = Response<Full<Bytes>>;

/// What gives each new session somebody to speak to.
pub trait Application: Send + Sync + 'static {
    /// A session has opened; its messages go to the peer.
    fn open(&self, session: &Arc<Session>) -> Box<dyn Peer>;
}

/// An Engine.IO server. [`Server`](crate::Server) is one with Socket.IO on top.
pub struct Engine {
    pub(crate) config: Config,
    pub(crate) corks: Corks,
    application: Box<dyn Application>,
    sessions: Mutex<HashMap<Sid, Arc<Session>>>,
    addresses: Addresses,
    handshakes: Option<Meters<IpAddr>>,
    is_draining: AtomicBool,
    /// Notified when the last session has ended.
    emptied: Notify,
}

/// Why a request was refused, with the numbers of the reference implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeError {
    UnknownTransport,
    UnknownSid,
    BadHandshakeMethod,
    BadRequest,
    Forbidden,
    UnsupportedVersion,
}

impl HandshakeError {
    pub(crate) fn into_answer(self) -> Answer {
        let (code, message, status) = match self {
            Self::UnknownTransport => (0, "Transport unknown", StatusCode::BAD_REQUEST),
            Self::UnknownSid => (1, "Session ID unknown", StatusCode::BAD_REQUEST),
            Self::BadHandshakeMethod => (2, "Bad handshake method", StatusCode::BAD_REQUEST),
            Self::BadRequest => (3, "Bad request", StatusCode::BAD_REQUEST),
            Self::Forbidden => (4, "Forbidden", StatusCode::FORBIDDEN),
            Self::UnsupportedVersion => (5, "Unsupported protocol version", StatusCode::BAD_REQUEST),
        };
        answer(status, "application/json", format!(r#"{{"code":{code},"message":"{message}"}}"#).into())
    }
}

pub(crate) fn answer(status: StatusCode, media_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

pub(crate) fn text(body: String) -> Answer {
    answer(StatusCode::OK, "text/plain; charset=UTF-8", body.into())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TransportName {
    Polling,
    WebSocket,
}

/// What a request's query says.
struct Query {
    transport: TransportName,
    sid: Option<String>,
}

impl Query {
    fn parse(query: &str) -> Result<Self, HandshakeError> {
        let one = |name: &str| {
            let mut values = query.split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            (values.next(), values.next().is_some())
        };
        let transport = match one("transport") {
            (Some("polling"), false) => TransportName::Polling,
            (Some("websocket"), false) => TransportName::WebSocket,
            _ => return Err(HandshakeError::UnknownTransport),
        };
        if one("EIO") != (Some("4"), false) {
            return Err(HandshakeError::UnsupportedVersion);
        }
        match one("sid") {
            (sid, false) => Ok(Self { transport, sid: sid.map(str::to_owned) }),
            (_, true) => Err(HandshakeError::UnknownSid),
        }
    }
}

impl Engine {
    /// A server whose sessions speak to `application`.
    pub fn new(config: Config, application: impl Application) -> Arc<Self> {
        Arc::new(Self {
            addresses: Addresses::new(config.sessions_per_address),
            handshakes: config.handshakes.map(Meters::new),
            sessions: Mutex::default(),
            application: Box::new(application),
            is_draining: AtomicBool::new(false),
            emptied: Notify::new(),
            corks: Corks::default(),
            config,
        })
    }

    /// Whether a request's path is this server's.
    pub fn owns(&self, path: &str) -> bool {
        path == self.config.path || self.config.path.strip_suffix('/') == Some(path)
    }

    /// How many sessions are open.
    pub fn session_count(&self) -> usize {
        self.sessions.lock().len()
    }

    /// Answers a request on the server's path; `address` is the client's.
    ///
    /// The connection must be one of [`serve`](crate::serve), or its upgrade to WebSocket ends in
    /// nothing.
    pub async fn handle(self: &Arc<Self>, request: Request<Body>, address: IpAddr) -> Answer {
        let origin = self.config.gate.origin(request.headers());
        if origin == Origin::Forbidden {
            return HandshakeError::Forbidden.into_answer();
        }
        let mut answer = match *request.method() {
            Method::OPTIONS => preflight(),
            _ => self.route(request, address).await.unwrap_or_else(HandshakeError::into_answer),
        };
        if let Origin::Foreign(origin) = origin {
            answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
        }
        answer
    }

    async fn route(self: &Arc<Self>, request: Request<Body>, address: IpAddr) -> Result<Answer, HandshakeError> {
        let query = Query::parse(request.uri().query().unwrap_or_default())?;
        match query.sid {
            None => self.handshake(request, query.transport, address),
            Some(sid) => {
                let session = self.session(&sid, &request)?;
                match (query.transport, request.method()) {
                    (TransportName::WebSocket, _) => self.upgrade(request, session),
                    (TransportName::Polling, &Method::GET) => Ok(polling::poll(&session).await),
                    (TransportName::Polling, &Method::POST) => Ok(polling::post(&session, request).await),
                    _ => Err(HandshakeError::BadRequest),
                }
            }
        }
    }

    /// A session that is open and was opened by the asker.
    fn session(&self, sid: &str, request: &Request<Body>) -> Result<Arc<Session>, HandshakeError> {
        let sid = Sid::try_from(sid.as_bytes()).map_err(|_| HandshakeError::UnknownSid)?;
        let session = self.sessions.lock().get(&sid).cloned();
        session
            .filter(|session| session.is_open())
            .filter(|session| session.fingerprint == self.config.gate.fingerprint(request.headers()))
            .ok_or(HandshakeError::UnknownSid)
    }

    fn handshake(
        self: &Arc<Self>,
        request: Request<Body>,
        transport: TransportName,
        address: IpAddr,
    ) -> Result<Answer, HandshakeError> {
        if request.method() != Method::GET {
            return Err(HandshakeError::BadHandshakeMethod);
        }
        let accept = match transport {
            TransportName::Polling => None,
            TransportName::WebSocket => match websocket::accept(&request) {
                Ok(accept) => Some(accept),
                Err(StatusCode::UPGRADE_REQUIRED) => return Ok(upgrade_required()),
                Err(_) => return Err(HandshakeError::BadRequest),
            },
        };
        if self.is_draining.load(Ordering::SeqCst) {
            return Ok(later(StatusCode::SERVICE_UNAVAILABLE));
        }
        if self.handshakes.as_ref().is_some_and(|meters| meters.count(network(address)) != Verdict::Within) {
            return Ok(later(StatusCode::TOO_MANY_REQUESTS));
        }
        let Some(permit) = self.addresses.acquire(address) else {
            return Ok(later(StatusCode::TOO_MANY_REQUESTS));
        };
        let opening = Opening { uri: request.uri(), headers: request.headers(), address };
        let visitor = self.config.gate.admit(&opening);
        let fingerprint = self.config.gate.fingerprint(request.headers());
        let open = {
            let engine = Arc::clone(self);
            move |transport| {
                let sid = make_sid();
                Arc::new(Session::new(engine, sid, transport, visitor, fingerprint, address, permit))
            }
        };
        match accept {
            None => {
                let session = open(Transport::Polling(Polling::default()));
                self.admit(&session);
                let payload = format!("0{}", self.open_data(&session.sid, r#"["websocket"]"#));
                tokio::spawn(polling::run(session));
                Ok(text(payload))
            }
            Some(accept) => {
                let engine = Arc::clone(self);
                let (max_payload, max_fragments) = (self.config.max_payload, self.config.max_fragments);
                let open = move |wire: Arc<Wire>| {
                    let session = open(Transport::WebSocket(wire));
                    session.send(&Packet::open(&engine.open_data(&session.sid, "[]")));
                    engine.admit(&session);
                    session
                };
                tokio::spawn(websocket::open(request, max_payload, max_fragments, open));
                Ok(websocket::switching(accept))
            }
        }
    }

    fn upgrade(&self, request: Request<Body>, session: Arc<Session>) -> Result<Answer, HandshakeError> {
        let accept = match websocket::accept(&request) {
            Ok(accept) => accept,
            Err(StatusCode::UPGRADE_REQUIRED) => return Ok(upgrade_required()),
            Err(_) => return Err(HandshakeError::BadRequest),
        };
        match session.begin_upgrade() {
            Ok(()) => tokio::spawn(websocket::upgrade(request, session)),
            Err(BadRequest) => tokio::spawn(websocket::turn_away(request)),
        };
        Ok(websocket::switching(accept))
    }

    fn admit(&self, session: &Arc<Session>) {
        session.set_peer(self.application.open(session));
        self.sessions.lock().insert(session.sid, Arc::clone(session));
        if self.is_draining.load(Ordering::SeqCst) {
            // It slipped in while the drain took its list of sessions.
            session.retire();
        }
    }

    pub(crate) fn forget(&self, sid: &Sid) {
        let mut sessions = self.sessions.lock();
        sessions.remove(sid);
        if sessions.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    fn open_data(&self, sid: &Sid, upgrades: &str) -> String {
        let sid = String::from_utf8_lossy(sid);
        format!(
            r#"{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{},"pingTimeout":{},"maxPayload":{}}}"#,
            self.config.ping_interval.as_millis(),
            self.config.ping_timeout.as_millis(),
            self.config.max_payload,
        )
    }

    /// Refuses new sessions with 503 from now on; [`Engine::drain`] does it too.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Ends all sessions at once; what waits for them is dropped. New ones are welcome.
    pub fn close_all(&self, reason: Reason) {
        self.all_sessions().iter().for_each(|session| session.close(reason));
    }

    /// Refuses new sessions with 503 and lets those that are open go, `batch` at a time with
    /// `pause` between: each is read no more, and closed when what has come is answered and what
    /// waits for it has left. Returns when none is left, or after `deadline`, when the rest are cut.
    pub async fn drain(&self, batch: usize, pause: Duration, deadline: Duration) {
        self.is_draining.store(true, Ordering::SeqCst);
        if timeout(deadline, self.let_go(batch.max(1), pause)).await.is_err() {
            self.close_all(Reason::ServerClose);
        }
    }

    async fn let_go(&self, batch: usize, pause: Duration) {
        let mut batches = self.all_sessions().into_iter().peekable();
        while batches.peek().is_some() {
            batches.by_ref().take(batch).for_each(|session| session.retire());
            tokio::time::sleep(pause).await;
        }
        loop {
            let emptied = self.emptied.notified();
            if self.session_count() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn all_sessions(&self) -> Vec<Arc<Session>> {
        self.sessions.lock().values().cloned().collect()
    }
}

fn make_sid() -> Sid {
    let mut chance = [0; 15];
    // The operating system's random source does not fail after boot; without it no id is safe.
    getrandom::fill(&mut chance).expect("the system's random source");
    let mut sid = [0; 20];
    URL_SAFE_NO_PAD.encode_slice(chance, &mut sid).expect("15 bytes are 20 characters");
    sid
}

fn preflight() -> Answer {
    let mut answer = answer(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, authorization"));
    answer
}

fn upgrade_required() -> Answer {
    let mut answer = answer(StatusCode::UPGRADE_REQUIRED, "text/plain", Bytes::new());
    answer.headers_mut().insert(http::header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    answer
}

/// Too many now; a client that waits a moment is welcome.
fn later(status: StatusCode) -> Answer {
    let mut answer = answer(status, "text/plain", Bytes::new());
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}
