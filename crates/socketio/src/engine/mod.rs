//! The Engine.IO server (protocol version 4): opens sessions, and finds the session of a request.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY};
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming as Body;
use tokio::time::timeout;

use crate::address::{AddressLimit, network};
use crate::config::{Config, Transports};
use crate::disconnect_reason::DisconnectReason;
use crate::handshake::{HandshakeRequest, Origin};
use crate::rate::RateLimiter;

mod buffer;
pub(crate) mod frame;
mod last_polls;
pub(crate) mod payload;
mod polling;
mod query;
mod raw_socket;
mod registry;
mod response;
mod send_queue;
pub(crate) mod session;
mod stream;
mod timer;
mod tls;
pub(crate) mod transport;
mod upgrade;
mod websocket;
mod websocket_handshake;
pub(crate) mod write_batch;

use self::last_polls::LastPolls;
use self::payload::Packet;
use self::query::{Query, TransportName};
use self::registry::{Registry, Sid, new_sid};
use self::response::{HandshakeError, preflight, retry_later, text, upgrade_required};
pub use self::response::{HttpResponse, unknown_session};
use self::session::{BadRequest, Closing, Session, SessionHandler, Shared};
use self::stream::WebSocketStream;
use self::transport::{Polling, Transport};
use self::websocket_handshake::{accept, switching_protocols};
use self::write_batch::WriteBatches;

/// The protocol or application above an Engine.IO server.
pub trait Application: Send + Sync + 'static {
    /// Returns the handler of a session that has opened.
    fn open(&self, session: &Arc<Session>) -> Box<dyn SessionHandler>;
}

/// An Engine.IO server. [`Server`](crate::Server) is one with Socket.IO on top.
pub struct Engine {
    shared: Arc<Shared>,
    application: Box<dyn Application>,
    addresses: AddressLimit,
    handshakes: Option<RateLimiter<IpAddr>>,
    is_draining: AtomicBool,
}

impl Engine {
    /// Creates a server for an application.
    pub fn new(config: Config, application: impl Application) -> Arc<Self> {
        Self::with_write_batches(config, application, WriteBatches::default())
    }

    pub(crate) fn with_write_batches(
        config: Config,
        application: impl Application,
        write_batches: WriteBatches,
    ) -> Arc<Self> {
        Arc::new(Self {
            addresses: AddressLimit::new(config.sessions_per_address),
            handshakes: config.handshakes.map(RateLimiter::new),
            application: Box::new(application),
            is_draining: AtomicBool::new(false),
            shared: Arc::new(Shared {
                config,
                write_batches,
                sessions: Registry::default(),
                last_polls: LastPolls::default(),
            }),
        })
    }

    /// Returns whether a request's path is this server's.
    pub fn owns(&self, path: &str) -> bool {
        let own = self.config().path.as_str();
        path == own || own.strip_suffix('/') == Some(path)
    }

    /// Returns the number of open sessions.
    pub fn session_count(&self) -> usize {
        self.shared.sessions.len()
    }

    /// Answers a request on the server's path; `address` is the client's.
    ///
    /// The connection must be one of [`serve`](crate::serve), or its upgrade to WebSocket fails.
    pub async fn handle(self: &Arc<Self>, request: Request<Body>, address: IpAddr) -> HttpResponse {
        let origin = self.config().handshake_hooks.origin(request.headers());
        if origin == Origin::Forbidden {
            return HandshakeError::Forbidden.into_response();
        }
        let mut response = match *request.method() {
            Method::OPTIONS => preflight(),
            _ => self.route(request, address).await.unwrap_or_else(HandshakeError::into_response),
        };
        if let Origin::Foreign(origin) = origin {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
        }
        response
    }

    async fn route(self: &Arc<Self>, request: Request<Body>, address: IpAddr) -> Result<HttpResponse, HandshakeError> {
        let query = Query::parse(request.uri().query().unwrap_or_default())?;
        match (self.config().transports, query.transport) {
            (Transports::All, _)
            | (Transports::Polling, TransportName::Polling)
            | (Transports::WebSocket, TransportName::WebSocket) => {}
            _ => return Err(HandshakeError::UnknownTransport),
        }
        match query.sid {
            None => self.handshake(request, query.transport, address).await,
            Some(sid) => {
                let sid = Sid::try_from(sid.as_bytes()).map_err(|_| HandshakeError::UnknownSid)?;
                let session = self.session(&sid, &request);
                match (query.transport, request.method()) {
                    (TransportName::WebSocket, _) => self.upgrade(request, session?),
                    (TransportName::Polling, &Method::GET) if session.is_err() && self.shared.last_polls.take(&sid) => {
                        Ok(polling::noop())
                    }
                    (TransportName::Polling, &Method::GET) => Ok(polling::poll(&session?).await),
                    (TransportName::Polling, &Method::POST) => Ok(polling::post(&session?, request).await),
                    _ => Err(HandshakeError::BadRequest),
                }
            }
        }
    }

    /// Returns an open session that the sender of the request has opened.
    fn session(&self, sid: &Sid, request: &Request<Body>) -> Result<Arc<Session>, HandshakeError> {
        let session = self.shared.sessions.get(sid);
        session
            .filter(|session| session.is_open())
            .filter(|session| session.fingerprint == self.config().handshake_hooks.fingerprint(request.headers()))
            .ok_or(HandshakeError::UnknownSid)
    }

    async fn handshake(
        self: &Arc<Self>,
        request: Request<Body>,
        transport: TransportName,
        address: IpAddr,
    ) -> Result<HttpResponse, HandshakeError> {
        if request.method() != Method::GET {
            return Err(HandshakeError::BadHandshakeMethod);
        }
        let accept = match transport {
            TransportName::Polling => None,
            TransportName::WebSocket => match accept(&request) {
                Ok(accept) => Some(accept),
                Err(StatusCode::UPGRADE_REQUIRED) => return Ok(upgrade_required()),
                Err(_) => return Err(HandshakeError::BadRequest),
            },
        };
        if self.is_draining.load(Ordering::SeqCst) {
            return Ok(retry_later(StatusCode::SERVICE_UNAVAILABLE));
        }
        if self.handshakes.as_ref().is_some_and(|limiter| limiter.check(network(address)).is_err()) {
            return Ok(retry_later(StatusCode::TOO_MANY_REQUESTS));
        }
        let Some(permit) = self.addresses.acquire(address) else {
            return Ok(retry_later(StatusCode::TOO_MANY_REQUESTS));
        };
        let hooks = &self.config().handshake_hooks;
        let opening = HandshakeRequest { uri: request.uri(), headers: request.headers(), address };
        if !hooks.allow(opening).await {
            return Err(HandshakeError::Forbidden);
        }
        let data = hooks.data(&opening);
        let fingerprint = hooks.fingerprint(request.headers());
        let new_session = {
            let shared = Arc::clone(&self.shared);
            move |transport| {
                let sid = new_sid(shared.config.sid_prefix);
                Arc::new(Session::new(shared, sid, transport, data, fingerprint, address, permit))
            }
        };
        match accept {
            None => {
                let session = new_session(Transport::Polling(Polling::default()));
                self.open(&session);
                let upgrades = if self.config().transports == Transports::All { r#"["websocket"]"# } else { "[]" };
                let payload = format!("0{}", self.open_data(&session.sid, upgrades));
                tokio::spawn(polling::run(session));
                Ok(text(payload))
            }
            Some(accept) => {
                let engine = Arc::clone(self);
                let (max_payload, max_fragments) = (self.config().max_payload, self.config().max_fragments);
                let open = move |stream: Arc<WebSocketStream>| {
                    let session = new_session(Transport::WebSocket(stream));
                    session.send(&Packet::open(&engine.open_data(&session.sid, "[]")));
                    engine.open(&session);
                    session
                };
                tokio::spawn(websocket::open(request, max_payload, max_fragments, open));
                Ok(switching_protocols(accept))
            }
        }
    }

    fn upgrade(&self, request: Request<Body>, session: Arc<Session>) -> Result<HttpResponse, HandshakeError> {
        let accept = match accept(&request) {
            Ok(accept) => accept,
            Err(StatusCode::UPGRADE_REQUIRED) => return Ok(upgrade_required()),
            Err(_) => return Err(HandshakeError::BadRequest),
        };
        match session.begin_upgrade() {
            Ok(()) => tokio::spawn(upgrade::upgrade(request, session)),
            Err(BadRequest) => tokio::spawn(upgrade::reject(request)),
        };
        Ok(switching_protocols(accept))
    }

    fn open(&self, session: &Arc<Session>) {
        session.set_handler(self.application.open(session));
        self.shared.sessions.insert(session.sid, Arc::clone(session));
        if self.is_draining.load(Ordering::SeqCst) {
            // It opened while the drain took its list of sessions.
            session.close(Closing::AfterHandlers);
        }
    }

    fn open_data(&self, sid: &Sid, upgrades: &str) -> String {
        let (sid, config) = (String::from_utf8_lossy(sid), self.config());
        format!(
            r#"{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{},"pingTimeout":{},"maxPayload":{}}}"#,
            config.ping_interval.as_millis(),
            config.ping_timeout.as_millis(),
            config.max_payload,
        )
    }

    /// Refuses new sessions with 503 from now on; [`Engine::drain`] does so as well.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Ends all sessions at once and drops their send queues. New ones may open.
    pub fn close_all(&self, reason: DisconnectReason) {
        self.shared.sessions.all().iter().for_each(|session| session.close(Closing::Now(reason)));
    }

    /// Refuses new sessions with 503 and closes the open ones, `batch` at a time with `pause` between:
    /// each reads no more, and ends when what it has read is answered and its send queue is empty.
    /// Returns when none is left; after `deadline` the rest end at once.
    pub async fn drain(&self, batch: usize, pause: Duration, deadline: Duration) {
        self.is_draining.store(true, Ordering::SeqCst);
        if timeout(deadline, self.close_in_batches(batch.max(1), pause)).await.is_err() {
            self.close_all(DisconnectReason::ServerClose);
        }
    }

    async fn close_in_batches(&self, batch: usize, pause: Duration) {
        let mut sessions = self.shared.sessions.all().into_iter().peekable();
        while sessions.peek().is_some() {
            sessions.by_ref().take(batch).for_each(|session| session.close(Closing::AfterHandlers));
            tokio::time::sleep(pause).await;
        }
        self.shared.sessions.wait_until_empty().await;
    }

    fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Creates a polling session without a request and without an owner task.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn polling_session(&self, address: IpAddr) -> Arc<Session> {
        let permit = AddressLimit::new(0).acquire(address).expect("no limit");
        let (transport, data) = (Transport::Polling(Polling::default()), Arc::new(()));
        let session = Session::new(Arc::clone(&self.shared), new_sid(None), transport, data, 0, address, permit);
        let session = Arc::new(session);
        session.set_handler(self.application.open(&session));
        session
    }
}
