//! The Socket.IO server: namespaces on top of an Engine.IO server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming as Body;

use crate::Reason;
use crate::client::{Client, ClientPeer};
use crate::config::Config;
use crate::engine::{Answer, Application, Engine};
use crate::namespace::Namespace;
use crate::peer::Peer;
use crate::session::Session;

pub(crate) type Namespaces = HashMap<String, Arc<Namespace>>;

/// A Socket.IO server. Cloning shares it.
///
/// ```no_run
/// use socketio::{Config, Namespace, Reply, Server};
///
/// let chat = Namespace::new("/").on("message", |socket, text: String| async move {
///     let told = socket.namespace().to_all().emit("message", &text).await;
///     Reply::json(&told.is_ok()).expect("a boolean is JSON")
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
    fn open(&self, session: &Arc<Session>) -> Box<dyn Peer> {
        session.set_wanting(true);
        Box::new(ClientPeer(Client::new(Arc::clone(&self.0))))
    }
}

impl Server {
    /// A server with these namespaces; any other is refused with `Invalid namespace`.
    pub fn new(config: Config, namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        let by_name = |namespace: Namespace| (namespace.name().to_owned(), Arc::new(namespace));
        let namespaces: Arc<Namespaces> = Arc::new(namespaces.into_iter().map(by_name).collect());
        Self { engine: Engine::new(config, SocketIo(Arc::clone(&namespaces))), namespaces }
    }

    /// The namespace of that name.
    pub fn of(&self, name: &str) -> Option<&Arc<Namespace>> {
        self.namespaces.get(name)
    }

    /// The Engine.IO server below.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Whether a request's path is this server's.
    pub fn owns(&self, path: &str) -> bool {
        self.engine.owns(path)
    }

    /// See [`Engine::handle`].
    pub async fn handle(&self, request: Request<Body>, address: IpAddr) -> Answer {
        self.engine.handle(request, address).await
    }

    /// See [`Engine::begin_drain`].
    pub fn begin_drain(&self) {
        self.engine.begin_drain();
    }

    /// See [`Engine::close_all`].
    pub fn close_all(&self, reason: Reason) {
        self.engine.close_all(reason);
    }

    /// See [`Engine::drain`].
    pub async fn drain(&self, batch: usize, pause: Duration, deadline: Duration) {
        self.engine.drain(batch, pause, deadline).await;
    }
}
