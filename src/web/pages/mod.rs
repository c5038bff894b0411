//! Pages and their forms, one file per noun.

mod account;
pub(super) mod admin;
mod ban;
mod block;
mod bot;
mod digest;
mod direct;
mod directory;
pub(super) mod export;
pub(super) mod file;
mod hook;
mod invite;
mod lobby;
mod me;
mod member;
mod message;
mod moderator;
mod mute;
mod notification;
mod one_time_link;
mod outgoing_hook;
pub(super) mod profile;
mod push;
mod pwa;
mod report;
mod room;
mod room_settings;
mod scheduled;
mod search;
mod session;
mod sign_up;
mod user;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::service::App;

/// Returns the routes of all pages and forms.
pub(super) fn routes(upload_limit: DefaultBodyLimit) -> Router<App> {
    Router::new()
        .merge(account::routes())
        .merge(admin::routes(upload_limit))
        .merge(ban::routes())
        .merge(block::routes())
        .merge(bot::routes())
        .merge(digest::routes())
        .merge(direct::routes())
        .merge(directory::routes())
        .merge(export::routes())
        .merge(file::routes())
        .merge(hook::routes())
        .merge(invite::routes())
        .merge(lobby::routes())
        .merge(me::routes())
        .merge(member::routes())
        .merge(message::routes(upload_limit))
        .merge(moderator::routes())
        .merge(mute::routes())
        .merge(notification::routes())
        .merge(one_time_link::routes())
        .merge(outgoing_hook::routes())
        .merge(profile::routes(upload_limit))
        .merge(push::routes())
        .merge(pwa::routes())
        .merge(report::routes())
        .merge(room::routes())
        .merge(room_settings::routes())
        .merge(scheduled::routes())
        .merge(search::routes())
        .merge(session::routes())
        .merge(sign_up::routes())
        .merge(user::routes())
}
