//! REST: one table of calls, from which the router and `docs/api.json` are made. Each file declares
//! its calls beside their handlers.

mod account;
mod admin;
mod ban;
mod block;
mod bot;
mod command;
mod digest;
mod direct;
mod directory;
mod export;
mod file;
mod hook;
mod invite;
mod job;
mod json;
mod lobby;
mod member;
mod message;
mod moderator;
mod mute;
mod my_rooms;
mod notification;
mod openapi;
mod outgoing_hook;
mod profile;
mod push;
mod refusal;
mod report;
mod room;
mod scheduled;
mod search;
mod session;
mod sign_up;
mod table;
mod user;

use axum::Router;

use super::problem;
use crate::service::App;

pub use table::{Call, Calls, Read};

/// Returns all calls.
pub fn calls(upload_max: usize) -> Calls {
    let calls = Calls::new(upload_max);
    let calls = calls.add("GET", "/openapi.json", openapi::openapi, "This reference.", |call| call.public());
    let nouns = [
        user::calls,
        sign_up::calls,
        account::calls,
        session::calls,
        profile::calls,
        block::calls,
        bot::calls,
        my_rooms::calls,
        notification::calls,
        push::calls,
        digest::calls,
        direct::calls,
        directory::calls,
        export::calls,
        search::calls,
        lobby::calls,
        room::calls,
        member::calls,
        moderator::calls,
        ban::calls,
        mute::calls,
        report::calls,
        invite::calls,
        hook::calls,
        outgoing_hook::calls,
        message::calls,
        command::calls,
        scheduled::calls,
        file::calls,
        job::calls,
        admin::calls,
    ];
    nouns.into_iter().fold(calls, |calls, add| add(calls))
}

/// Returns the router of `/api`.
pub(super) fn router(upload_max: usize) -> Router<App> {
    calls(upload_max)
        .into_router()
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
}
