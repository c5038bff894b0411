//! REST: one table of calls, from which the router and the reference are made.

mod account;
mod ban;
mod file;
mod invite;
pub(crate) mod json;
mod me;
mod member;
mod message;
mod people;
mod profile;
mod room;
mod search;
mod session;
pub(crate) mod table;
mod unread;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};

use super::problem;
use crate::chat::account::Account;
use crate::chat::file::File;
use crate::chat::room::Room;
use crate::chat::user::{Profile, User};
use crate::service::App;
use crate::wire::WireMessage;
pub use table::{Call, Calls};

/// All calls, in the order of the reference.
pub fn calls(upload_max: usize) -> Calls {
    Calls::default()
        .add("GET", "/openapi.json", get(table::openapi), "This reference.", |call| call.open())
        .add("POST", "/guests", post(me::enter), "Become a guest, with a name or a friendly one.", |call| {
            call.open().takes::<me::NewGuest>().gives::<me::Entered>(201)
        })
        .add(
            "POST",
            "/users",
            post(account::sign_up),
            "Sign up; whoever is a guest becomes the account, with the same id.",
            |call| call.open().takes::<account::NewUser>().gives::<account::SignedUp>(201),
        )
        .add(
            "POST",
            "/tokens",
            post(account::token),
            "Bring a user of one's own server, by a server key as bearer; the same user for the same id.",
            |call| call.takes::<account::NewToken>().gives::<me::Entered>(201),
        )
        .add("POST", "/session", post(account::log_in), "Log in with e-mail and password.", |call| {
            call.open().takes::<account::LogIn>().gives::<me::Entered>(201)
        })
        .add("DELETE", "/session", delete(session::log_out), "Log out; the session's sockets are closed.", |call| {
            call.gives_nothing()
        })
        .add("GET", "/me", get(me::show), "Oneself.", |call| call.gives::<Account>(200))
        .add(
            "PATCH",
            "/me",
            patch(me::change),
            "Change one's name, bio, e-mail or whether one's presence shows.",
            |call| call.takes::<me::Change>().gives::<Account>(200),
        )
        .add("DELETE", "/me", delete(me::leave), "Leave for good; messages stay as nobody's or are deleted.", |call| {
            call.takes::<me::Leave>().gives_nothing()
        })
        .add(
            "PUT",
            "/me/password",
            put(me::change_password),
            "Change one's password; all other sessions end and their sockets are closed.",
            |call| call.takes::<me::NewPassword>().gives_nothing(),
        )
        .add(
            "PUT",
            "/me/picture",
            put(profile::set_picture).layer(DefaultBodyLimit::max(upload_max)),
            "Give oneself a picture (multipart: `file`); its middle is shown as a square.",
            |call| call.takes_multipart().gives::<User>(200),
        )
        .add("DELETE", "/me/picture", delete(profile::remove_picture), "Take one's picture away.", |call| {
            call.gives::<User>(200)
        })
        .add("GET", "/me/sessions", get(session::list), "Where one is signed in, the last used first.", |call| {
            call.gives::<session::Sessions>(200)
        })
        .add(
            "DELETE",
            "/me/sessions",
            delete(session::log_out_everywhere),
            "Log out everywhere else, with `all` here too.",
            |call| call.asks::<session::Which>().gives_nothing(),
        )
        .add("DELETE", "/me/sessions/{id}", delete(session::log_out_one), "End one of one's sessions.", |call| {
            call.gives_nothing()
        })
        .add("GET", "/me/blocks", get(profile::blocks), "Whom one has blocked.", |call| {
            call.gives::<profile::Blocks>(200)
        })
        .add(
            "PUT",
            "/me/blocks/{userId}",
            put(profile::block),
            "Block somebody: they whisper to one no more, and open no direct talk.",
            |call| call.gives_nothing(),
        )
        .add("DELETE", "/me/blocks/{userId}", delete(profile::unblock), "Unblock somebody.", |call| {
            call.gives_nothing()
        })
        .add(
            "GET",
            "/users/{id}",
            get(profile::show),
            "Somebody's profile: an account's for everybody, a guest's for who shares a room with them.",
            |call| call.gives::<Profile>(200),
        )
        .add(
            "GET",
            "/me/rooms",
            get(unread::list),
            "One's rooms, the latest active first, with what waits there.",
            |call| call.asks::<unread::ListQuery>().gives::<unread::MyRooms>(200),
        )
        .add(
            "POST",
            "/direct",
            post(unread::open_direct),
            "The direct room with somebody: made once, 200 when it was there.",
            |call| call.takes::<unread::Direct>().gives::<Room>(201),
        )
        .add("GET", "/users", get(people::list), "Accounts by name, or those whose name has `q`.", |call| {
            call.asks::<people::ListQuery>().gives::<people::Users>(200)
        })
        .add("GET", "/search", get(search::find), "Messages by their words, the newest first.", |call| {
            call.asks::<search::SearchQuery>().gives::<search::FoundMessages>(200)
        })
        .add("GET", "/rooms", get(room::list), "Open rooms, the busiest first.", |call| {
            call.open().asks::<room::ListQuery>().gives::<room::Rooms>(200)
        })
        .add("POST", "/rooms", post(room::create), "Make a room; its maker is owner and member.", |call| {
            call.takes::<room::NewRoom>().gives::<Room>(201)
        })
        .add("GET", "/rooms/{id}", get(room::show), "A room.", |call| call.open().gives::<Room>(200))
        .add("PATCH", "/rooms/{id}", patch(room::change), "Change a room; the owner's.", |call| {
            call.takes::<room::ChangeRoom>().gives::<Room>(200)
        })
        .add(
            "DELETE",
            "/rooms/{id}",
            delete(room::remove),
            "Remove a room with all that is in it; the owner's.",
            |call| call.gives_nothing(),
        )
        .add(
            "PUT",
            "/rooms/{id}/owner",
            put(room::hand_over),
            "Hand the room to another member; the owner's.",
            |call| call.takes::<room::HandOver>().gives::<Room>(200),
        )
        .add("GET", "/rooms/{id}/members", get(member::list), "The members, those online first.", |call| {
            call.asks::<member::ListQuery>().gives::<member::Members>(200)
        })
        .add("POST", "/rooms/{id}/members", post(member::join), "Join a room.", |call| {
            call.takes::<member::Join>().gives::<member::Joined>(200)
        })
        .add("DELETE", "/rooms/{id}/members/me", delete(member::leave), "Leave a room.", |call| call.gives_nothing())
        .add(
            "DELETE",
            "/rooms/{id}/members/{userId}",
            delete(member::kick),
            "Remove somebody, for good with `ban`; the owner's and the moderators'.",
            |call| call.asks::<member::KickQuery>().gives_nothing(),
        )
        .add(
            "PUT",
            "/rooms/{id}/moderators/{userId}",
            put(member::make_moderator),
            "Make a member a moderator; the owner's.",
            |call| call.gives_nothing(),
        )
        .add(
            "DELETE",
            "/rooms/{id}/moderators/{userId}",
            delete(member::unmake_moderator),
            "Make a moderator a member again; the owner's.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/bans",
            get(ban::list),
            "Who is kept out, the latest first; the owner's and the moderators'.",
            |call| call.asks::<ban::ListQuery>().gives::<ban::Bans>(200),
        )
        .add(
            "DELETE",
            "/rooms/{id}/bans/{userId}",
            delete(ban::lift),
            "Let somebody in again; the owner's and the moderators'.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/invites",
            get(invite::list),
            "The living invites; the owner's and the moderators'.",
            |call| call.gives::<invite::Invites>(200),
        )
        .add(
            "POST",
            "/rooms/{id}/invites",
            post(invite::create),
            "Make an invite, which lets in without the password; the owner's and the moderators'.",
            |call| call.takes::<invite::NewInvite>().gives::<invite::Invite>(201),
        )
        .add(
            "DELETE",
            "/rooms/{id}/invites/{code}",
            delete(invite::revoke),
            "Take an invite back; the owner's and the moderators'.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/messages",
            get(message::list),
            "A page of history, or what changed since a rev.",
            |call| call.asks::<message::ListQuery>().gives::<message::Messages>(200),
        )
        .add(
            "POST",
            "/rooms/{id}/messages",
            post(message::send),
            "Send a message; 200 and the first answer when the key was seen before.",
            |call| call.takes::<message::NewMessage>().gives::<WireMessage>(201),
        )
        .add("GET", "/rooms/{id}/pins", get(message::pins), "What is pinned in a room, the latest pin first.", |call| {
            call.gives::<message::Pins>(200)
        })
        .add("PATCH", "/messages/{id}", patch(message::edit), "Give one's own message another text.", |call| {
            call.takes::<message::Edit>().gives::<WireMessage>(200)
        })
        .add(
            "DELETE",
            "/messages/{id}",
            delete(message::delete),
            "Take a message away for all: one's own, or any where one keeps order.",
            |call| call.gives::<WireMessage>(200),
        )
        .add("PUT", "/messages/{id}/reactions/{emoji}", put(message::react), "React to a message.", |call| {
            call.gives::<WireMessage>(200)
        })
        .add(
            "DELETE",
            "/messages/{id}/reactions/{emoji}",
            delete(message::react),
            "Take one's reaction away.",
            |call| call.gives::<WireMessage>(200),
        )
        .add(
            "PUT",
            "/messages/{id}/pin",
            put(message::pin),
            "Pin a message in its room; the owner's and the moderators'.",
            |call| call.gives::<WireMessage>(200),
        )
        .add("DELETE", "/messages/{id}/pin", delete(message::pin), "Take a pin away.", |call| {
            call.gives::<WireMessage>(200)
        })
        .add("GET", "/rooms/{id}/files", get(file::list), "The files of a room, the newest first.", |call| {
            call.asks::<file::ListQuery>().gives::<file::Files>(200)
        })
        .add(
            "POST",
            "/rooms/{id}/files",
            post(file::send).layer(DefaultBodyLimit::max(upload_max)),
            "Send files of any kind (multipart: `key` and `text` if wanted, then one `file` or several).",
            |call| call.takes_multipart().gives::<WireMessage>(201),
        )
        .add(
            "POST",
            "/uploads",
            post(file::upload).layer(DefaultBodyLimit::max(upload_max)),
            "Store a file for a message to come (multipart: `file`); swept after a day.",
            |call| call.takes_multipart().gives::<File>(201),
        )
}

/// The router of `/api`.
pub(super) fn router(upload_max: usize) -> Router<App> {
    calls(upload_max)
        .into_router()
        .fallback(problem::page_not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
}
