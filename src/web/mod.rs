//! The web's door: pages, REST, files, assets; every address is on this screen or in
//! [`api`]'s table.

pub mod api;
mod asset;
pub(crate) mod back;
pub(crate) mod caller;
pub(crate) mod etag;
mod form;
mod guard;
mod health;
mod multipart;
mod pages;
mod problem;
pub(crate) mod range;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use pages::file::disposition;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::config::Config;
use crate::service::App;

pub use asset::name_assets;
pub use caller::ClientAddress;

/// Bytes of a form or of JSON.
const BODY_MAX: usize = 64 * 1024;
/// Bytes that a multipart body has besides its files.
const MULTIPART_FRAME: usize = 64 * 1024;

/// All addresses of the house but the sockets' own.
pub fn router(app: &App) -> Router {
    let upload_max = upload_max(&app.config);
    let pages = Router::new()
        .route("/", get(pages::lobby::show))
        .route("/find", post(pages::lobby::find))
        .route("/lang", post(pages::user::choose_lang))
        .route("/people", get(pages::people::show))
        .route("/search", get(pages::search::show))
        .route("/signup", get(pages::account::show_sign_up).post(pages::account::sign_up))
        .route("/login", get(pages::account::show_log_in).post(pages::account::log_in))
        .route("/logout", get(pages::account::show_log_out).post(pages::account::log_out))
        .route("/forgot", get(pages::one_time_link::show_forgot).post(pages::one_time_link::forgot))
        .route("/reset/{code}", get(pages::one_time_link::show_reset).post(pages::one_time_link::reset))
        .route("/admin/{code}", get(pages::one_time_link::show_admin).post(pages::one_time_link::become_admin))
        .route("/me", get(pages::me::show).post(pages::me::change))
        .route("/me/picture", post(pages::me::set_picture).layer(DefaultBodyLimit::max(upload_max)))
        .route("/me/picture/remove", post(pages::me::remove_picture))
        .route("/me/presence", post(pages::me::set_presence))
        .route("/me/email", post(pages::me::change_email))
        .route("/me/password", post(pages::me::change_password))
        .route("/me/sessions", post(pages::me::end_sessions))
        .route("/me/blocks", post(pages::me::block))
        .route("/me/delete", post(pages::me::leave))
        .route("/direct", post(pages::room::open_direct))
        .route("/rooms", post(pages::room::create))
        .route("/room/{id}", get(pages::room::show))
        .route("/room/{id}/enter", post(pages::room::enter))
        .route("/room/{id}/leave", post(pages::room::leave))
        .route("/room/{id}/kick", post(pages::room::kick))
        .route("/room/{id}/owner", post(pages::room::hand_over))
        .route("/room/{id}/moderators", post(pages::member::set_moderator))
        .route("/room/{id}/bans/lift", post(pages::member::lift_ban))
        .route("/room/{id}/qr.svg", get(pages::invite::room_picture))
        .route("/room/{id}/invites", post(pages::invite::create))
        .route("/room/{id}/invites/{code}/delete", post(pages::invite::revoke))
        .route("/room/{id}/invites/{code}/qr.svg", get(pages::invite::invite_picture))
        .route("/invite/{code}", get(pages::invite::show))
        .route("/room/{id}/settings", post(pages::room::change))
        .route("/room/{id}/delete", post(pages::room::remove))
        .route("/room/{id}/files", get(pages::gallery::show))
        .route("/room/{id}/acts", post(pages::message::act))
        .route("/room/{id}/pins", get(pages::message::pins))
        .route(
            "/room/{id}/messages",
            get(pages::message::part).post(pages::message::send).layer(DefaultBodyLimit::max(upload_max)),
        )
        .fallback(problem::page_not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    let api = Router::new().nest("/api", api::router(upload_max)).layer(from_fn_with_state(app.clone(), guard::cors));
    let answers = pages.merge(api).layer(from_fn(etag::tag)).layer(from_fn(guard::private));
    let health = Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready));
    let fixed = Router::new()
        .route("/pictures/{hash}", get(pages::picture::show))
        .route("/assets/{name}", get(asset::hashed))
        .route("/socket.io/{name}", get(asset::client))
        .route("/favicon.ico", get(asset::favicon))
        .route("/robots.txt", get(asset::robots))
        .method_not_allowed_fallback(problem::method_not_allowed);
    // Not compressed: they come in stretches, under the tag of their very bytes.
    let files = Router::new()
        .route("/files/{id}", get(pages::file::show))
        .route("/files/{id}/thumbnail", get(pages::file::thumbnail))
        .method_not_allowed_fallback(problem::method_not_allowed);
    let doors = answers
        .layer(compression())
        .merge(fixed.layer(compression()))
        .merge(files)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(app.clone(), guard::ours_only))
        .merge(health);
    sealed(doors).with_state(app.clone())
}

/// Around every address: a panic is one lost answer, and each answer has its headers.
fn sealed<S: Clone + Send + Sync + 'static>(doors: Router<S>) -> Router<S> {
    doors
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(problem::for_people))
        // The seal is the outermost, so that the answer after a panic carries its headers, too.
        .layer(from_fn(guard::seal))
}

/// Bytes of a multipart body. Each of its files is held to its own limit while it comes.
fn upload_max(config: &Config) -> usize {
    config.upload_max.saturating_mul(config.limits.files_max).saturating_add(MULTIPART_FRAME)
}

fn compression() -> CompressionLayer<impl Predicate> {
    let is_worth_it = SizeAbove::new(256).and(NotForContentType::IMAGES);
    CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest).compress_when(is_worth_it)
}
