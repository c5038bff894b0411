//! The server as a function of a configuration, a listener, and a future that ends it.

mod forward;
mod metrics;
mod schedule;
mod unknown_proxy;

use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::HOST;
use http::{Request, Response};
use hyper::body::Incoming;
use socketio::{Limits, Listener, Server, serve};
use tokio::net::TcpListener;
use tower::ServiceExt;

use self::forward::Forwarder;
use self::metrics::MetricsEndpoint;
use crate::clock;
use crate::config::{self, Config};
use crate::data_folder;
use crate::lock::Lock;
use crate::open_files;
use crate::ops::restore;
use crate::service::App;
use crate::socket::{self, CHAT, LOBBY};
use crate::tls::{Redirect, Tls, redirect_to};
use crate::web::{self, ClientAddress, RequestId, RequestRecord};
use crate::wire::Draining;

/// How many sockets are closed at a time during shutdown, and the pause between: clients reconnect
/// spread out.
const DRAIN_BATCH: usize = 500;
const DRAIN_PAUSE: Duration = Duration::from_millis(50);
/// The time between `draining` and the first closed socket, in which clients take the event.
const NOTICE: Duration = Duration::from_millis(250);
/// The delay after which clients should reconnect.
const RECONNECT_IN: Duration = Duration::from_secs(2);

/// Where the server listens.
pub struct Listeners {
    /// For everything; with TLS, if there is a certificate to be.
    pub main: TcpListener,
    /// For plain HTTP beside TLS.
    pub http: Option<TcpListener>,
    /// For metrics.
    pub metrics: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(main: TcpListener) -> Self {
        Self { main, http: None, metrics: None }
    }
}

/// Serves until `shutdown` completes. Then it notifies the sockets, answers requests in progress, and
/// returns within [`Config::shutdown`].
///
/// # Errors
/// A message for the operator: the data folder or the database cannot be opened.
pub async fn run(
    config: Config,
    listeners: impl Into<Listeners>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), String> {
    let started_ms = clock::now_ms();
    let Listeners { main, http, metrics } = listeners.into();
    let address = main.local_addr().map_err(|error| error.to_string())?;
    let port = address.port();
    // Held until the end: the state in memory belongs to one process, and no other may serve or restore
    // this data folder.
    let mut lock = lock_data_folder(&config)?;
    // Without it, commands print links with the default port.
    let _ = lock.publish_address(&config.base_url(port));
    restore::settle(&config.data_dir)?;
    let tls = config.tls.as_ref().map(|tls| Tls::open(&config, tls, http.is_some())).transpose()?;
    let app = App::open(config, port)?;
    app.start_bus(forward::reachable(address)).await?;
    app.renew_epochs_if_moved().await.map_err(|error| format!("cannot read the rooms: {error}"))?;
    app.check_store().await?;
    app.load_server_settings().await.map_err(|error| format!("cannot read the settings of the server: {error}"))?;
    web::name_assets();
    app.reserve_all_slots().await.map_err(|error| format!("cannot read the rooms: {error}"))?;
    app.check_search_index().await.map_err(|error| format!("cannot read the search index: {error}"))?;
    app.offer_admin_link().await;
    let sockets = socket::server(&app, app.node_id().map(forward::prefix));
    schedule::start(&app, &sockets);
    let router = web::router(&app);
    let outbox = app.start_outbox();
    let origins = app.config.origins.clone();
    let limits = Limits {
        connections: open_files::connections(),
        connections_per_address: app.config.connections_per_address,
        // Clients behind a proxy share its address; their sessions are counted by their own address.
        is_unlimited: Arc::new(move |address| origins.is_proxy(address)),
        // Half of the time is for the sockets, the rest for the outbox and the database.
        grace: app.config.shutdown * 3 / 8,
        ..Limits::default()
    };
    let certificates = tls.as_ref().map(|tls| Arc::clone(&tls.certificates));
    let certificate_end_ms = Arc::new(move || {
        certificates.as_ref().and_then(|certificates| certificates.current()).map_or(0, |current| current.not_after_ms)
    });
    let endpoint = MetricsEndpoint { app: app.clone(), sockets: sockets.clone(), started_ms, certificate_end_ms };
    let metrics = serve_metrics(metrics, limits.clone(), endpoint.clone());
    let answer = {
        let (app, sockets, forwarder) = (app.clone(), sockets.clone(), Forwarder::new(&app));
        move |request, peer| {
            let (app, sockets, router) = (app.clone(), sockets.clone(), router.clone());
            answer(app, sockets, router, forwarder.clone(), endpoint.clone(), request, peer)
        }
    };
    let (listener, beside) = secure(&app.config, main, http, tls, &limits)?;
    let ending = async {
        shutdown.await;
        outbox.begin_end();
        drain(&app, &sockets).await;
    };
    tokio::select! {
        () = serve(listener, limits, answer, ending) => {}
        () = beside => {}
        () = metrics => {}
        // Without it nothing can be written again, and a supervisor should start the program again.
        () = app.db.writer_ended() => return Err("the database's writer ended unexpectedly (see the log)".into()),
    }
    // Jobs in progress started before the sockets were closed, so most have ended by now.
    outbox.end(app.config.shutdown / 8).await;
    // If the database does not answer, the others notice it later.
    let _ = tokio::time::timeout(app.config.shutdown / 8, app.leave_bus()).await;
    if tokio::time::timeout(app.config.shutdown / 8, app.db.close()).await.is_err() {
        // Another process locks the database. What was acked is in it, and the next start cleans up.
        tracing::warn!("the database could not be closed in time; the next start recovers it");
    }
    Ok(())
}

/// Answers at the address of the metrics, if there is one; never returns.
async fn serve_metrics(listener: Option<TcpListener>, limits: Limits, endpoint: MetricsEndpoint) {
    let Some(listener) = listener else { return pending().await };
    let answer = move |request, _| {
        let endpoint = endpoint.clone();
        async move { endpoint.answer(&request).await }
    };
    serve(listener, limits, answer, pending()).await;
}

/// What runs beside the server for TLS, and never ends by itself.
type Beside = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Adds TLS to the listener, and returns what keeps the certificate and answers plain HTTP.
fn secure(
    config: &Config,
    main: TcpListener,
    http: Option<TcpListener>,
    tls: Option<Tls>,
    limits: &Limits,
) -> Result<(Listener, Beside), String> {
    let Some(tls) = tls else { return Ok((main.into(), Box::pin(pending()))) };
    let port = main.local_addr().map_err(|error| error.to_string())?.port();
    let redirect =
        Redirect { certificates: Arc::clone(&tls.certificates), public: config.origins.public.clone(), port };
    let (redirect, listener, limits) = (Arc::new(redirect), tls.listen(main), limits.clone());
    let answer = move |request, _| {
        let redirect = Arc::clone(&redirect);
        async move { redirect.answer(&request) }
    };
    let plain = async move {
        match http {
            Some(http) => serve(http, limits, answer, pending()).await,
            None => pending().await,
        }
    };
    Ok((
        listener,
        Box::pin(async {
            tokio::join!(tls.keep(), plain);
        }),
    ))
}

fn lock_data_folder(config: &Config) -> Result<Lock, String> {
    data_folder::create(&config.data_dir)?;
    let folder = config.data_dir.display();
    match Lock::server(&config.data_dir) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(format!("another server is running on {folder}, or a restore is in progress")),
        Err(error) => Err(config.cannot_open(&config.data_dir, &error)),
    }
}

/// Handles one request: Socket.IO's own path, or everything else.
async fn answer(
    app: App,
    sockets: Server,
    router: Router,
    forwarder: Option<Forwarder>,
    metrics: MetricsEndpoint,
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Body> {
    let origins = &app.config.origins;
    let address = origins.client_address(peer.ip(), request.headers());
    request.extensions_mut().insert(ClientAddress(address));
    if let Some(proxy) = unknown_proxy::find(origins, peer.ip(), request.headers()) {
        request.extensions_mut().insert(proxy);
    }
    if origins.is_proxy(peer.ip())
        && let Some(id) = RequestId::of(request.headers())
    {
        request.extensions_mut().insert(id);
    }
    if let Some(elsewhere) = from_other_name(&app.config, &request) {
        return elsewhere;
    }
    if metrics.owns(request.uri().path()) {
        return metrics.answer(&request).await;
    }
    if sockets.owns(request.uri().path()) {
        let record = RequestRecord::of_sockets(&request);
        if let Err(error) = app.config.origins.check_host(request.uri(), request.headers()) {
            return axum::response::IntoResponse::into_response(error);
        }
        let response = match forwarder.and_then(|forwarder| forwarder.target(&app, &request)) {
            Some(target) => target.forward(request).await,
            None => sockets.handle(request, address).await.map(Body::new),
        };
        record.end(response.status());
        return response;
    }
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// Leads from the other names of the certificate to the public address.
fn from_other_name(config: &Config, request: &Request<Incoming>) -> Option<Response<Body>> {
    let (Some(config::Tls::Acme(acme)), Some(public)) = (&config.tls, &config.origins.public) else { return None };
    let host = request.headers().get(HOST)?.to_str().ok()?.split(':').next()?.to_lowercase();
    let is_other = host != public.host() && acme.domains.contains(&host);
    is_other.then(|| redirect_to(public, request).map(Body::new))
}

/// Announces the shutdown, then closes the sockets, each after its pending data was sent.
async fn drain(app: &App, sockets: &Server) {
    app.begin_drain();
    sockets.begin_drain();
    let notice = Draining { reconnect_in_ms: RECONNECT_IN.as_millis() as u64 };
    for namespace in [LOBBY, CHAT].into_iter().filter_map(|name| sockets.of(name)) {
        if namespace.to_all().emit("draining", &notice).await.is_err() {
            tracing::warn!("cannot announce the shutdown to the sockets");
        }
    }
    tokio::time::sleep(NOTICE.min(app.config.shutdown / 8)).await;
    sockets.drain(DRAIN_BATCH, DRAIN_PAUSE, app.config.shutdown / 2).await;
}
