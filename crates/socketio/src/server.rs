//! The Socket.IO server: namespaces on top of an Engine.IO server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming as Body;

use crate::config::Config;
use crate::disconnect_reason::DisconnectReason;
use crate::engine::session::{Session, SessionHandler};
use crate::engine::write_batch::WriteBatches;
use crate::engine::{Application, Engine, HttpResponse};
use crate::namespace::{Namespace, Namespaces};
use crate::packet_router::{PacketRouter, SocketIoHandler};

/// A Socket.IO server. Cloning shares it.
///
/// ```no_run
/// use socketio::{Config, Namespace, Reply, Server};
///
/// let chat = Namespace::new("/").on("message", |socket, text: String| async move {
///     let sent = socket.namespace().to_all().emit("message", &text).await;
///     Reply::json(&sent.is_ok()).expect("a boolean is JSON")
/// });
/// let server = Server::new(Config::default(), [chat]);
/// ```
#[derive(Clone)]
pub struct Server {
    engine: Arc<Engine>,
    namespaces: Arc<Namespaces>,
}

struct SocketIo(Arc<Namespaces>);

impl Application for SocketIo {
    fn open(&self, session: &Arc<Session>) -> Box<dyn SessionHandler> {
        // Until the session joins a namespace.
        session.set_connect_timeout(true);
        Box::new(SocketIoHandler(PacketRouter::new(Arc::clone(&self.0))))
    }
}

impl Server {
    /// Creates a server with these namespaces; others are refused with `Invalid namespace`.
    pub fn new(config: Config, namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        let write_batches = WriteBatches::default();
        let by_name = |namespace: Namespace| {
            let namespace = namespace.with_write_batches(write_batches.clone());
            (namespace.name().to_owned(), Arc::new(namespace))
        };
        let namespaces: Arc<Namespaces> = Arc::new(namespaces.into_iter().map(by_name).collect());
        let application = SocketIo(Arc::clone(&namespaces));
        Self { engine: Engine::with_write_batches(config, application, write_batches), namespaces }
    }

    /// Returns the namespace of that name.
    pub fn of(&self, name: &str) -> Option<&Arc<Namespace>> {
        self.namespaces.get(name)
    }

    /// Returns the Engine.IO server below.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Returns whether a request's path is this server's.
    pub fn owns(&self, path: &str) -> bool {
        self.engine.owns(path)
    }

    /// See [`Engine::handle`].
    pub async fn handle(&self, request: Request<Body>, address: IpAddr) -> HttpResponse {
        self.engine.handle(request, address).await
    }

    /// See [`Engine::begin_drain`].
    pub fn begin_drain(&self) {
        self.engine.begin_drain();
    }

    /// See [`Engine::close_all`].
    pub fn close_all(&self, reason: DisconnectReason) {
        self.engine.close_all(reason);
    }

    /// See [`Engine::drain`].
    pub async fn drain(&self, batch: usize, pause: Duration, deadline: Duration) {
        self.engine.drain(batch, pause, deadline).await;
    }
}
