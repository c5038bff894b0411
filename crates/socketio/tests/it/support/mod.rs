//! A server as a function, and clients made by hand: no client library may hide what is on the wire.

mod http;
mod ws;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socketio::{Answer, Config, Engine, Limits, Namespace, Server, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use http::{Http, Polling, Response, get};
pub(crate) use ws::{Frame, Upgrade, Ws, frame};

/// How long anything may take that is bound to come.
pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Settings that leave a test alone: each shortens what it is about.
pub(crate) fn config() -> Config {
    Config { packets: None, handshakes: None, ..Config::default() }
}

/// A running server, stopped when dropped.
pub(crate) struct House {
    pub(crate) at: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    server: Option<Server>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl House {
    /// Socket.IO with these namespaces.
    pub(crate) async fn open(config: Config, namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        Self::of(Server::new(config, namespaces), Limits::default()).await
    }

    pub(crate) async fn of(server: Server, limits: Limits) -> Self {
        let asked = server.clone();
        let answer = move |request, peer: SocketAddr| {
            let server = asked.clone();
            async move { server.handle(request, peer.ip()).await }
        };
        let engine = Arc::clone(server.engine());
        Self { server: Some(server), ..Self::start(engine, limits, answer).await }
    }

    /// Engine.IO alone.
    pub(crate) async fn engine(engine: Arc<Engine>) -> Self {
        let asked = Arc::clone(&engine);
        let answer = move |request, peer: SocketAddr| {
            let engine = Arc::clone(&asked);
            async move { engine.handle(request, peer.ip()).await }
        };
        Self::start(engine, Limits::default(), answer).await
    }

    async fn start<S, F>(engine: Arc<Engine>, limits: Limits, answer: S) -> Self
    where
        S: Fn(::http::Request<hyper::body::Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, limits, answer, stopped));
        Self { at, engine, server: None, stop: Some(stop), task }
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn of_name(&self, namespace: &str) -> Arc<Namespace> {
        Arc::clone(self.server().of(namespace).unwrap())
    }

    /// Waits until all sessions have ended, which nobody announces.
    pub(crate) async fn is_empty(&self) {
        until(|| self.engine.session_count() == 0).await;
    }

    /// Stops accepting and waits for the listener's end.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        soon(self.task).await.unwrap();
    }
}

/// What must come soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it takes too long")
}

/// Waits for what changes without telling.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(ms(2)).await;
        }
    })
    .await;
}

/// Socket.IO that says everything back, in `/` and `/chat`.
pub(crate) fn echoes() -> [Namespace; 2] {
    ["/", "/chat"].map(echo)
}

pub(crate) fn echo(name: &str) -> Namespace {
    Namespace::new(name).on_args("echo", |socket, args| async move {
        socket.emit_args("echo", &args);
        socketio::Reply::new(args)
    })
}
