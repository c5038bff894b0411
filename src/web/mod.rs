//! HTTP: pages, REST, files and assets. Each file of `pages/` and `api/` declares its routes beside
//! their handlers.

pub mod api;
mod asset;
mod compression;
pub(crate) mod etag;
pub(crate) mod extract;
mod form;
mod health;
mod hook;
mod middleware;
mod multipart;
mod page_error;
mod pages;
mod problem;
mod qr;
pub(crate) mod range;
pub(crate) mod redirect;
mod request_record;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Config;
use crate::service::App;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use pages::file::disposition;

pub use asset::{licenses, name_assets};
pub use extract::{ClientAddress, UnknownProxy};
pub use health::unready;
pub use request_record::{RequestId, RequestRecord};

/// Most bytes of a form or of JSON.
const BODY_MAX: usize = 64 * 1024;
/// Bytes that a multipart body has besides its files.
const MULTIPART_FRAME: usize = 64 * 1024;

/// Returns all routes except those of the sockets.
pub fn router(app: &App) -> Router {
    let upload_max = upload_max(&app.config);
    let pages = pages::routes(DefaultBodyLimit::max(upload_max))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    let api =
        Router::new().nest("/api", api::router(upload_max)).layer(from_fn_with_state(app.clone(), middleware::cors));
    let per_user = pages.merge(api).layer(from_fn(etag::add_etag)).layer(from_fn(middleware::vary_by_user));
    let shared = asset::routes()
        .merge(pages::profile::picture_routes())
        .merge(pages::admin::logo_routes())
        .method_not_allowed_fallback(problem::method_not_allowed);
    // Not compressed: files are sent in ranges, and their tags name the exact bytes.
    let files = pages::file::download_routes()
        .merge(pages::export::download_routes())
        .method_not_allowed_fallback(problem::method_not_allowed);
    let routes = per_user
        .layer(compression::layer())
        .layer(from_fn_with_state(app.clone(), compression::compress_blocking))
        .merge(shared.layer(compression::layer()))
        .merge(files)
        .merge(hook::routes().method_not_allowed_fallback(problem::method_not_allowed))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(app.clone(), middleware::check_origin))
        .merge(health::routes());
    with_common_layers(routes, app.config.origins.is_https()).with_state(app.clone())
}

/// Adds what every route has: panics cost one response, and each response has its headers.
fn with_common_layers<S: Clone + Send + Sync + 'static>(routes: Router<S>, is_https: bool) -> Router<S> {
    routes
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(from_fn(problem::as_page_for_browsers))
        // Outermost, so that the response after a panic has the headers too.
        .layer(from_fn_with_state(is_https, middleware::add_headers))
}

/// Returns the most bytes of a multipart body. Each of its files has its own limit besides.
fn upload_max(config: &Config) -> usize {
    config.upload_max.saturating_mul(config.limits.files_max).saturating_add(MULTIPART_FRAME)
}
