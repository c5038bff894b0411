//! The server as a function of a configuration, a listener, and a future that ends it.

mod schedule;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use socketio::{Limits, Server, serve};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::config::Config;
use crate::data_folder;
use crate::lock::Lock;
use crate::open_files;
use crate::ops::restore;
use crate::service::App;
use crate::socket::{self, CHAT, LOBBY};
use crate::web::{self, ClientAddress};
use crate::wire::Draining;

/// How many sockets are closed at a time during shutdown, and the pause between: clients reconnect
/// spread out.
const DRAIN_BATCH: usize = 500;
const DRAIN_PAUSE: Duration = Duration::from_millis(50);
/// The time between `draining` and the first closed socket, in which clients take the event.
const NOTICE: Duration = Duration::from_millis(250);
/// The delay after which clients should reconnect.
const RECONNECT_IN: Duration = Duration::from_secs(2);

/// Serves until `shutdown` completes. Then it notifies the sockets, answers requests in progress, and
/// returns within [`Config::shutdown`].
///
/// # Errors
/// A message for the operator: the data folder or the database cannot be opened.
pub async fn run(config: Config, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), String> {
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    // Held until the end: the state in memory belongs to one process, and no other may serve or restore
    // this data folder.
    let mut lock = lock_data_folder(&config)?;
    // Without it, commands print links with the default port.
    let _ = lock.publish_address(&config.base_url(port));
    restore::settle(&config.data_dir)?;
    let app = App::open(config, port)?;
    app.renew_epochs_if_moved().await.map_err(|error| format!("cannot read the rooms: {error}"))?;
    app.check_store().await?;
    web::name_assets();
    app.reserve_all_slots().await.map_err(|error| format!("cannot read the rooms: {error}"))?;
    app.check_search_index().await.map_err(|error| format!("cannot read the search index: {error}"))?;
    app.offer_admin_link().await;
    let sockets = socket::server(&app);
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
    let answer = {
        let (app, sockets) = (app.clone(), sockets.clone());
        move |request, peer| answer(app.clone(), sockets.clone(), router.clone(), request, peer)
    };
    let ending = async {
        shutdown.await;
        outbox.begin_end();
        drain(&app, &sockets).await;
    };
    tokio::select! {
        () = serve(listener, limits, answer, ending) => {}
        // Without it nothing can be written again, and a supervisor should start the program again.
        () = app.db.writer_ended() => return Err("the database's writer ended unexpectedly (see the log)".into()),
    }
    // Jobs in progress started before the sockets were closed, so most have ended by now.
    outbox.end(app.config.shutdown / 8).await;
    if tokio::time::timeout(app.config.shutdown / 8, app.db.close()).await.is_err() {
        // Another process locks the database. What was acked is in it, and the next start cleans up.
        tracing::warn!("the database could not be closed in time; the next start recovers it");
    }
    Ok(())
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
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Body> {
    let address = app.config.origins.client_address(peer.ip(), request.headers());
    if sockets.owns(request.uri().path()) {
        if let Err(error) = app.config.origins.check_host(request.uri(), request.headers()) {
            return axum::response::IntoResponse::into_response(error);
        }
        return sockets.handle(request, address).await.map(Body::new);
    }
    request.extensions_mut().insert(ClientAddress(address));
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
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
