//! `GET /metrics`: at an address of its own, and with a token at the server's address.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use ring::digest::{SHA256, digest};
use socketio::Server;
use tokio::sync::Mutex;

use crate::chat::outbox;
use crate::clock;
use crate::config;
use crate::data_folder;
use crate::metrics;
use crate::process_stats;
use crate::service::App;
use crate::web;

pub(super) const PATH: &str = "/metrics";
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long the outbox may take to be counted. The other metrics matter most when the database does not answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The answers to `GET /metrics`.
#[derive(Clone)]
pub(super) struct MetricsEndpoint {
    pub(super) app: App,
    pub(super) sockets: Server,
    pub(super) started_ms: i64,
    pub(super) certificate_end_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl MetricsEndpoint {
    /// Returns whether a request to the server's own address is one for metrics.
    pub(super) fn owns(&self, path: &str) -> bool {
        path == PATH && self.app.config.metrics.token.is_some()
    }

    /// Answers a request.
    pub(super) async fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) || request.uri().path() != PATH {
            return StatusCode::NOT_FOUND.into_response();
        }
        if !may_read(&self.app.config.metrics, request.headers()) {
            let headers = [("www-authenticate", "Bearer"), ("cache-control", "no-store")];
            return (StatusCode::UNAUTHORIZED, headers).into_response();
        }
        // One at a time: gauges are set and read together.
        static TURN: Mutex<()> = Mutex::const_new(());
        let _turn = TURN.lock().await;
        self.set_gauges().await;
        ([(CONTENT_TYPE.as_str(), FORMAT), ("cache-control", "no-store")], metrics::text()).into_response()
    }

    async fn set_gauges(&self) {
        let Self { app, sockets, .. } = self;
        metrics::BUILD.set([(&[env!("CARGO_PKG_VERSION")][..], 1.0)]);
        metrics::READY.set(if web::unready(app).await.is_none() { 1.0 } else { 0.0 });
        metrics::SOCKETS.set(sockets.engine().session_count() as f64);
        metrics::USERS_ONLINE.set(app.realtime.connections.user_count() as f64);
        metrics::ROOMS_ONLINE.set(app.realtime.busiest().len() as f64);
        metrics::WRITER_QUEUE.set(app.db.queue_depth() as f64);
        metrics::CERTIFICATE_END.set((self.certificate_end_ms)() as f64 / 1_000.0);
        metrics::DISK_FREE.set(data_folder::free_bytes(&app.config.data_dir).unwrap_or(0) as f64);
        let process = process_stats::read();
        metrics::MEMORY.set(process.resident_bytes as f64);
        metrics::CPU_SECONDS.set(process.cpu_seconds);
        metrics::OPEN_FILES.set(process.open_files as f64);
        metrics::MAX_FILES.set(process.max_files as f64);
        metrics::STARTED.set(self.started_ms as f64 / 1_000.0);
        let now = clock::now_ms();
        let waiting = tokio::time::timeout(TIMEOUT, app.db.read(move |tx| outbox::waiting(tx, now))).await;
        if let Ok(Ok(waiting)) = waiting {
            let names: Vec<[&str; 1]> = waiting.iter().map(|(kind, ..)| [kind.as_str()]).collect();
            let kinds = || names.iter().map(|name| &name[..]).zip(&waiting);
            metrics::OUTBOX_JOBS.set(kinds().map(|(name, (_, count, _))| (name, *count as f64)));
            let age = |oldest: i64| now.saturating_sub(oldest).max(0) as f64 / 1_000.0;
            metrics::OUTBOX_AGE.set(kinds().map(|(name, (.., oldest))| (name, age(*oldest))));
        }
    }
}

/// Compares hashes, so that the time of the comparison says nothing of the token.
fn may_read(metrics: &config::Metrics, headers: &HeaderMap) -> bool {
    let Some(token) = &metrics.token else { return true };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let hash = |text: &str| digest(&SHA256, text.as_bytes());
    given.is_some_and(|given| hash(given).as_ref() == hash(token.reveal()).as_ref())
}
