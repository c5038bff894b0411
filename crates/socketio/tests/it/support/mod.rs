//! A server in the test's process, and hand-written clients: no client library may hide what is sent.

mod http;
mod tls;
mod ws;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socketio::{Config, Engine, HttpResponse, Limits, Listener, Namespace, Server, serve};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use http::{Http, Polling, Response, get};
pub(crate) use tls::Tls;
pub(crate) use ws::{Frame, Upgrade, Ws, frame};

/// How long anything may take that is sure to come.
pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Settings without rate limits: each test shortens the timeouts that it is about.
pub(crate) fn config() -> Config {
    Config { packets: None, handshakes: None, ..Config::default() }
}

/// A running server, stopped when dropped.
pub(crate) struct TestServer {
    pub(crate) at: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    socket_io: Option<Server>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// Socket.IO with these namespaces.
    pub(crate) async fn open(config: Config, namespaces: impl IntoIterator<Item = Namespace>) -> Self {
        Self::of(Server::new(config, namespaces), Limits::default()).await
    }

    pub(crate) async fn of(server: Server, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        Self::on(listener.into(), at, server, limits).await
    }

    pub(crate) async fn on(listener: Listener, at: SocketAddr, server: Server, limits: Limits) -> Self {
        let own = server.clone();
        let service = move |request, address: SocketAddr| {
            let server = own.clone();
            async move { server.handle(request, address.ip()).await }
        };
        let engine = Arc::clone(server.engine());
        Self { socket_io: Some(server), ..Self::start(listener, at, engine, limits, service).await }
    }

    /// Engine.IO alone.
    pub(crate) async fn engine(engine: Arc<Engine>) -> Self {
        let own = Arc::clone(&engine);
        let service = move |request, address: SocketAddr| {
            let engine = Arc::clone(&own);
            async move { engine.handle(request, address.ip()).await }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        Self::start(listener.into(), at, engine, Limits::default(), service).await
    }

    async fn start<S, F>(listener: Listener, at: SocketAddr, engine: Arc<Engine>, limits: Limits, service: S) -> Self
    where
        S: Fn(::http::Request<hyper::body::Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = HttpResponse> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, limits, service, stopped));
        Self { at, engine, socket_io: None, stop: Some(stop), task }
    }

    pub(crate) fn socket_io(&self) -> &Server {
        self.socket_io.as_ref().unwrap()
    }

    pub(crate) fn of_name(&self, namespace: &str) -> Arc<Namespace> {
        Arc::clone(self.socket_io().of(namespace).unwrap())
    }

    /// Waits until all sessions have ended.
    pub(crate) async fn wait_until_empty(&self) {
        until(|| self.engine.session_count() == 0).await;
    }

    /// Stops accepting and waits for the listener's end.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        soon(self.task).await.unwrap();
    }
}

/// Waits for what must come soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it takes too long")
}

/// Waits until a condition holds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(ms(2)).await;
        }
    })
    .await;
}

/// Namespaces that echo every event: `/` and `/chat`.
pub(crate) fn echoes() -> [Namespace; 2] {
    ["/", "/chat"].map(echo)
}

pub(crate) fn echo(name: &str) -> Namespace {
    Namespace::new(name).on_args("echo", |socket, args| async move {
        socket.emit_args("echo", &args);
        socketio::Reply::new(args)
    })
}
