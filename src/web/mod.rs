//! The web's door: pages, REST, files, assets; every address is on this screen or in
//! [`api`]'s table.

mod account;
pub mod api;
mod asset;
mod back;
mod caller;
mod etag;
mod file;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod gallery;
mod guard;
mod health;
mod invite;
mod kept;
mod link;
mod lobby;
mod me;
mod member;
mod message;
mod people;
mod picture;
mod problem;
mod range;
mod room;
mod search;
mod upload;
mod user;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::config::Config;
use crate::state::State;
use kept::Kept;

pub use asset::name_assets;
pub use caller::ClientAddress;

/// Bytes of a form or of JSON.
const BODY_MAX: usize = 64 * 1024;
/// Bytes that a multipart body has besides its files.
const MULTIPART_FRAME: usize = 64 * 1024;

/// All addresses of the house but the sockets' own.
pub fn router(state: &State) -> Router {
    let upload_max = upload_max(&state.config);
    let pages = Router::new()
        .route("/", get(lobby::show))
        .route("/find", post(lobby::find))
        .route("/lang", post(user::choose_lang))
        .route("/people", get(people::show))
        .route("/search", get(search::show))
        .route("/signup", get(account::show_sign_up).post(account::sign_up))
        .route("/login", get(account::show_log_in).post(account::log_in))
        .route("/logout", get(account::show_log_out).post(account::log_out))
        .route("/forgot", get(link::show_forgot).post(link::forgot))
        .route("/reset/{code}", get(link::show_reset).post(link::reset))
        .route("/admin/{code}", get(link::show_admin).post(link::become_admin))
        .route("/me", get(me::show).post(me::change))
        .route("/me/picture", post(me::set_picture).layer(DefaultBodyLimit::max(upload_max)))
        .route("/me/picture/remove", post(me::remove_picture))
        .route("/me/presence", post(me::set_presence))
        .route("/me/email", post(me::change_email))
        .route("/me/password", post(me::change_password))
        .route("/me/sessions", post(me::end_sessions))
        .route("/me/blocks", post(me::block))
        .route("/me/delete", post(me::leave))
        .route("/direct", post(room::open_direct))
        .route("/rooms", post(room::create))
        .route("/room/{id}", get(room::show))
        .route("/room/{id}/enter", post(room::enter))
        .route("/room/{id}/leave", post(room::leave))
        .route("/room/{id}/kick", post(room::kick))
        .route("/room/{id}/owner", post(room::hand_over))
        .route("/room/{id}/moderators", post(member::set_moderator))
        .route("/room/{id}/bans/lift", post(member::lift_ban))
        .route("/room/{id}/qr.svg", get(invite::room_picture))
        .route("/room/{id}/invites", post(invite::create))
        .route("/room/{id}/invites/{code}/delete", post(invite::revoke))
        .route("/room/{id}/invites/{code}/qr.svg", get(invite::invite_picture))
        .route("/invite/{code}", get(invite::show))
        .route("/room/{id}/settings", post(room::change))
        .route("/room/{id}/delete", post(room::remove))
        .route("/room/{id}/files", get(gallery::show))
        .route("/room/{id}/acts", post(message::act))
        .route("/room/{id}/pins", get(message::pins))
        .route("/room/{id}/messages", get(message::part).post(message::send).layer(DefaultBodyLimit::max(upload_max)))
        .fallback(problem::page_not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    let api = Router::new().nest("/api", api::router(upload_max)).layer(from_fn_with_state(state.clone(), guard::cors));
    let answers = pages.merge(api).layer(from_fn(etag::tag)).layer(from_fn(guard::private));
    let health = Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready));
    let fixed = Router::new()
        .route("/pictures/{hash}", get(picture::show))
        .route("/assets/{name}", get(asset::hashed))
        .route("/socket.io/{name}", get(asset::client))
        .route("/favicon.ico", get(asset::favicon))
        .route("/robots.txt", get(asset::robots))
        .method_not_allowed_fallback(problem::method_not_allowed);
    // Not compressed: they come in stretches, under the tag of their very bytes.
    let files = Router::new()
        .route("/files/{id}", get(file::show))
        .route("/files/{id}/thumbnail", get(file::thumbnail))
        .method_not_allowed_fallback(problem::method_not_allowed);
    let kept = from_fn_with_state((state.clone(), Kept::default()), kept::keep);
    let doors = answers
        .layer(compression())
        .layer(kept)
        .merge(fixed.layer(compression()))
        .merge(files)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(state.clone(), guard::ours_only))
        .merge(health);
    sealed(doors).with_state(state.clone())
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
