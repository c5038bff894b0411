//! REST: one table of calls, from which the router and the reference are made.

mod account;
mod ban;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod invite;
mod json;
mod me;
mod member;
mod message;
mod people;
mod profile;
mod room;
mod search;
mod session;
mod table;
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

/// Returns all calls, in the order of the reference.
pub fn calls(upload_max: usize) -> Calls {
    Calls::default()
        .add("GET", "/openapi.json", get(table::openapi), "This reference.", |call| call.open())
        .add("POST", "/guests", post(me::enter), "Become a guest, with the given or a generated name.", |call| {
            call.open().takes::<me::NewGuest>().gives::<me::Entered>(201)
        })
        .add(
            "POST",
            "/users",
            post(account::sign_up),
            "Sign up. A guest becomes the account, with the same id.",
            |call| call.open().takes::<account::NewUser>().gives::<account::SignedUp>(201),
        )
        .add(
            "POST",
            "/tokens",
            post(account::token),
            "Create or find a user of your own server, with a server key as bearer. The same id gives the same user.",
            |call| call.takes::<account::NewToken>().gives::<me::Entered>(201),
        )
        .add("POST", "/session", post(account::log_in), "Log in with e-mail address and password.", |call| {
            call.open().takes::<account::LogIn>().gives::<me::Entered>(201)
        })
        .add("DELETE", "/session", delete(session::log_out), "Log out and close the session's sockets.", |call| {
            call.gives_nothing()
        })
        .add("GET", "/me", get(me::show), "The signed-in user.", |call| call.gives::<Account>(200))
        .add("PATCH", "/me", patch(me::change), "Change name, bio, e-mail address or presence visibility.", |call| {
            call.takes::<me::Change>().gives::<Account>(200)
        })
        .add(
            "DELETE",
            "/me",
            delete(me::leave),
            "Delete the account. Messages stay without a sender or are deleted.",
            |call| call.takes::<me::Leave>().gives_nothing(),
        )
        .add(
            "PUT",
            "/me/password",
            put(me::change_password),
            "Change the password. All other sessions end and their sockets are closed.",
            |call| call.takes::<me::NewPassword>().gives_nothing(),
        )
        .add(
            "PUT",
            "/me/picture",
            put(profile::set_picture).layer(DefaultBodyLimit::max(upload_max)),
            "Set the profile picture (multipart: `file`); its middle is shown as a square.",
            |call| call.takes_multipart().gives::<User>(200),
        )
        .add("DELETE", "/me/picture", delete(profile::remove_picture), "Remove the profile picture.", |call| {
            call.gives::<User>(200)
        })
        .add("GET", "/me/sessions", get(session::list), "List the sessions, last used first.", |call| {
            call.gives::<session::Sessions>(200)
        })
        .add(
            "DELETE",
            "/me/sessions",
            delete(session::log_out_everywhere),
            "Log out everywhere else; with `all` here, too.",
            |call| call.asks::<session::Which>().gives_nothing(),
        )
        .add("DELETE", "/me/sessions/{id}", delete(session::log_out_one), "End one session.", |call| {
            call.gives_nothing()
        })
        .add("GET", "/me/blocks", get(profile::blocks), "List blocked users.", |call| {
            call.gives::<profile::Blocks>(200)
        })
        .add(
            "PUT",
            "/me/blocks/{userId}",
            put(profile::block),
            "Block a user: they can no longer whisper to you or open a direct room.",
            |call| call.gives_nothing(),
        )
        .add("DELETE", "/me/blocks/{userId}", delete(profile::unblock), "Unblock a user.", |call| call.gives_nothing())
        .add(
            "GET",
            "/users/{id}",
            get(profile::show),
            "A user's profile. Accounts are visible to everyone, guests to users who share a room with them.",
            |call| call.gives::<Profile>(200),
        )
        .add(
            "GET",
            "/me/rooms",
            get(unread::list),
            "List one's own rooms with unread counts, last active first.",
            |call| call.asks::<unread::ListQuery>().gives::<unread::MyRooms>(200),
        )
        .add(
            "POST",
            "/direct",
            post(unread::open_direct),
            "Open the direct room with a user; 200 if it exists already.",
            |call| call.takes::<unread::Direct>().gives::<Room>(201),
        )
        .add("GET", "/users", get(people::list), "List accounts by name, or those whose name contains `q`.", |call| {
            call.asks::<people::ListQuery>().gives::<people::Users>(200)
        })
        .add("GET", "/search", get(search::find), "Search messages, newest first.", |call| {
            call.asks::<search::SearchQuery>().gives::<search::FoundMessages>(200)
        })
        .add("GET", "/rooms", get(room::list), "List open rooms, busiest first.", |call| {
            call.open().asks::<room::ListQuery>().gives::<room::Rooms>(200)
        })
        .add("POST", "/rooms", post(room::create), "Create a room. The creator is its owner and a member.", |call| {
            call.takes::<room::NewRoom>().gives::<Room>(201)
        })
        .add("GET", "/rooms/{id}", get(room::show), "Get a room.", |call| call.open().gives::<Room>(200))
        .add("PATCH", "/rooms/{id}", patch(room::change), "Change a room. For the owner.", |call| {
            call.takes::<room::ChangeRoom>().gives::<Room>(200)
        })
        .add(
            "DELETE",
            "/rooms/{id}",
            delete(room::remove),
            "Remove a room with all its content. For the owner.",
            |call| call.gives_nothing(),
        )
        .add(
            "PUT",
            "/rooms/{id}/owner",
            put(room::hand_over),
            "Hand the room over to another member. For the owner.",
            |call| call.takes::<room::HandOver>().gives::<Room>(200),
        )
        .add("GET", "/rooms/{id}/members", get(member::list), "List the members, online members first.", |call| {
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
            "Remove a member, permanently with `ban`. For the owner and moderators.",
            |call| call.asks::<member::KickQuery>().gives_nothing(),
        )
        .add(
            "PUT",
            "/rooms/{id}/moderators/{userId}",
            put(member::make_moderator),
            "Make a member a moderator. For the owner.",
            |call| call.gives_nothing(),
        )
        .add(
            "DELETE",
            "/rooms/{id}/moderators/{userId}",
            delete(member::unmake_moderator),
            "Make a moderator a member again. For the owner.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/bans",
            get(ban::list),
            "List bans, newest first. For the owner and moderators.",
            |call| call.asks::<ban::ListQuery>().gives::<ban::Bans>(200),
        )
        .add(
            "DELETE",
            "/rooms/{id}/bans/{userId}",
            delete(ban::lift),
            "Lift a ban. For the owner and moderators.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/invites",
            get(invite::list),
            "List valid invites. For the owner and moderators.",
            |call| call.gives::<invite::Invites>(200),
        )
        .add(
            "POST",
            "/rooms/{id}/invites",
            post(invite::create),
            "Create an invite, which replaces the password. For the owner and moderators.",
            |call| call.takes::<invite::NewInvite>().gives::<invite::Invite>(201),
        )
        .add(
            "DELETE",
            "/rooms/{id}/invites/{code}",
            delete(invite::revoke),
            "Revoke an invite. For the owner and moderators.",
            |call| call.gives_nothing(),
        )
        .add(
            "GET",
            "/rooms/{id}/messages",
            get(message::list),
            "Get a page of history, or the changes since a rev.",
            |call| call.asks::<message::ListQuery>().gives::<message::Messages>(200),
        )
        .add(
            "POST",
            "/rooms/{id}/messages",
            post(message::send),
            "Send a message; 200 with the first answer if the key was used before.",
            |call| call.takes::<message::NewMessage>().gives::<WireMessage>(201),
        )
        .add(
            "GET",
            "/rooms/{id}/pins",
            get(message::pins),
            "List the pinned messages of a room, latest pin first.",
            |call| call.gives::<message::Pins>(200),
        )
        .add("PATCH", "/messages/{id}", patch(message::edit), "Edit the text of one's own message.", |call| {
            call.takes::<message::Edit>().gives::<WireMessage>(200)
        })
        .add(
            "DELETE",
            "/messages/{id}",
            delete(message::delete),
            "Delete a message for everyone: one's own, or any as owner or moderator.",
            |call| call.gives::<WireMessage>(200),
        )
        .add("PUT", "/messages/{id}/reactions/{emoji}", put(message::react), "React to a message.", |call| {
            call.gives::<WireMessage>(200)
        })
        .add(
            "DELETE",
            "/messages/{id}/reactions/{emoji}",
            delete(message::react),
            "Remove one's own reaction.",
            |call| call.gives::<WireMessage>(200),
        )
        .add(
            "PUT",
            "/messages/{id}/pin",
            put(message::pin),
            "Pin a message in its room. For the owner and moderators.",
            |call| call.gives::<WireMessage>(200),
        )
        .add("DELETE", "/messages/{id}/pin", delete(message::pin), "Unpin a message.", |call| {
            call.gives::<WireMessage>(200)
        })
        .add("GET", "/rooms/{id}/files", get(file::list), "List the files of a room, newest first.", |call| {
            call.asks::<file::ListQuery>().gives::<file::Files>(200)
        })
        .add(
            "POST",
            "/rooms/{id}/files",
            post(file::send).layer(DefaultBodyLimit::max(upload_max)),
            "Send files of any kind (multipart: optional `key` and `text`, then one or more `file`).",
            |call| call.takes_multipart().gives::<WireMessage>(201),
        )
        .add(
            "POST",
            "/uploads",
            post(file::upload).layer(DefaultBodyLimit::max(upload_max)),
            "Upload a file for a later message (multipart: `file`). Removed after a day if unused.",
            |call| call.takes_multipart().gives::<File>(201),
        )
}

/// Returns the router of `/api`.
pub(super) fn router(upload_max: usize) -> Router<App> {
    calls(upload_max)
        .into_router()
        .fallback(problem::page_not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
}
