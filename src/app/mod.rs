//! The server as a function: a configuration, a listener, and a future that ends it.

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
use crate::lock::Lock;
use crate::ops::restore;
use crate::service::{App, make_private_folder};
use crate::socket::{self, CHAT, LOBBY};
use crate::web::{self, ClientAddress};
use crate::wire::Draining;

/// Sockets let go at a time at the end, and the pause between: clients come back spread out.
const DRAIN_BATCH: usize = 500;
const DRAIN_PAUSE: Duration = Duration::from_millis(50);
/// The time between the word of the end and the end of the first socket: the stock client hears
/// nothing that comes to it by polling in one piece with the closing.
const NOTICE: Duration = Duration::from_millis(250);
/// About when clients are told to come back.
const RECONNECT_IN: Duration = Duration::from_secs(2);

/// Serves until `shutdown` is ready; then tells the sockets, answers what is under way, and ends
/// within [`Config::shutdown`].
///
/// # Errors
/// A sentence for the operator: the data folder or the database cannot be opened.
pub async fn run(config: Config, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), String> {
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    // Held until the end: what is live is of one process, and no other may serve the same house or
    // put another in its place.
    let _house = take_house(&config)?;
    restore::settle(&config.data_dir)?;
    let app = App::open(config, port)?;
    web::name_assets();
    app.reserve_all_slots().await.map_err(|error| format!("cannot read the rooms: {error}"))?;
    app.check_search_index().await.map_err(|error| format!("cannot look at the search index: {error}"))?;
    app.offer_admin_link().await;
    let sockets = socket::server(&app);
    schedule::start(&app, &sockets);
    let router = web::router(&app);
    let outbox = app.open_outbox();
    let origins = app.config.origins.clone();
    let limits = Limits {
        connections_per_address: app.config.connections_per_address,
        // Everybody behind a proxy has its address: their sessions are counted by their own.
        is_unlimited: Arc::new(move |address| origins.is_proxy(address)),
        // Half of it is for the sockets, the rest for the outbox and the database.
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
    serve(listener, limits, answer, ending).await;
    // What is under way began before the sockets were let go, so that it mostly has ended by now.
    outbox.end(app.config.shutdown / 8).await;
    if tokio::time::timeout(app.config.shutdown / 8, app.db.close()).await.is_err() {
        // Somebody else holds the database. What was answered is in it, and the next start tidies up.
        tracing::warn!("the database was not closed in time");
    }
    Ok(())
}

fn take_house(config: &Config) -> Result<Lock, String> {
    make_private_folder(&config.data_dir)?;
    let folder = config.data_dir.display();
    match Lock::house(&config.data_dir) {
        Ok(Some(house)) => Ok(house),
        Ok(None) => Err(format!("another madang serves {folder}, or is restoring it")),
        Err(error) => Err(format!("cannot lock {folder}: {error}")),
    }
}

/// Answers one request: the sockets' own path, or everything else.
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

/// Says that the end is near, then lets the sockets go, each after what waits for it has left.
async fn drain(app: &App, sockets: &Server) {
    app.begin_drain();
    sockets.begin_drain();
    let notice = Draining { reconnect_in_ms: RECONNECT_IN.as_millis() as u64 };
    for namespace in [LOBBY, CHAT].into_iter().filter_map(|name| sockets.of(name)) {
        if namespace.to_all().emit("draining", &notice).await.is_err() {
            tracing::warn!("the sockets were not told of the end");
        }
    }
    tokio::time::sleep(NOTICE.min(app.config.shutdown / 8)).await;
    sockets.drain(DRAIN_BATCH, DRAIN_PAUSE, app.config.shutdown / 2).await;
}
