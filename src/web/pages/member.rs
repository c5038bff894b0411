//! Joining and leaving a room, removing a member and handing the room over, by form.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;

use super::user::{identify, with_session};
use crate::chat::member;
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::{Form, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};
use crate::web::redirect::{redirect, redirect_to_room};
use crate::wire::JoinCredentials;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/enter", post(join))
        .route("/room/{id}/leave", post(leave))
        .route("/room/{id}/kick", post(kick))
        .route("/room/{id}/owner", post(hand_over))
}

#[derive(Deserialize)]
struct Join {
    name: Option<String>,
    password: Option<String>,
    invite: Option<String>,
}

/// `POST /room/{id}/enter`. A visitor without a session becomes a guest.
async fn join(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Join>,
) -> PageResult {
    let credentials = JoinCredentials { password: form.password, invite: form.invite };
    let (me, session) = identify(&app, &caller, me, form.name).await.or_room(room.id)?;
    let joined = app.join(&me, room.id, credentials, caller.address).await;
    let response = joined.map(|_| redirect_to_room(room.id)).or_room(room.id);
    Ok(with_session(response, session))
}

/// `POST /room/{id}/leave`
async fn leave(State(app): State<App>, me: OrRedirect<SignedIn>, room: OrRedirect<RoomPath>) -> PageResult {
    app.leave(me.user.id, room.id).await.or_lobby()?;
    Ok(redirect("/"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kick {
    user_id: UserId,
    ban: Option<String>,
    /// Empty for no end.
    #[serde(default)]
    hours: String,
    reason: Option<String>,
    revoke_invites: Option<String>,
}

/// `POST /room/{id}/kick`
async fn kick(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Kick>,
) -> PageResult {
    let ban = form.ban.is_some();
    let revoke_invites = form.revoke_invites.is_some();
    let reason = form.reason.filter(|reason| !reason.trim().is_empty());
    let hours = number("hours", &form.hours).or_room(room.id)?.filter(|_| ban);
    let kick = member::Kick { user_id: form.user_id, ban, hours, reason, revoke_invites };
    app.kick(me.user.id, room.id, kick).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HandOver {
    user_id: UserId,
}

/// `POST /room/{id}/owner`
async fn hand_over(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<HandOver>,
) -> PageResult {
    app.hand_over(&me.user, room.id, form.user_id).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}
