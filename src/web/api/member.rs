//! The members of a room: listing, joining, leaving, removing, handing the room over.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::member::{Kick, Member};
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::{App, MemberCursor};
use crate::web::extract::{Caller, Paging, RoomPath, SignedIn, UserPath, cursor};
use crate::wire::{JoinCredentials, NewOwner};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/members", list, "List the members, online members first.", |call| {
            call.query::<Paging<String>>().response::<Members>(200).for_members()
        })
        .add("POST", "/rooms/{id}/members", join, "Join a room.", |call| {
            call.body::<JoinCredentials>().response::<Joined>(200).writes().refuses(&[
                Code::JoinsLocked,
                Code::Gone,
                Code::Banned,
                Code::WrongPassword,
                Code::RoomFull,
            ])
        })
        .add("DELETE", "/rooms/{id}/members/me", leave, "Leave a room.", |call| call.no_content().for_members())
        .add(
            "DELETE",
            "/rooms/{id}/members/{userId}",
            kick,
            "Remove a member, permanently with `ban`. For the owner and moderators.",
            |call| call.query::<KickQuery>().no_content().for_members(),
        )
        .add("PUT", "/rooms/{id}/owner", hand_over, "Hand the room over to another member. For the owner.", |call| {
            call.body::<NewOwner>().response::<Room>(200).for_members().refuses(&[Code::NotFound])
        })
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Members {
    members: Vec<Member>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

async fn list(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Query(query): Query<Paging<String>>,
) -> Result<Json<Members>> {
    let after = cursor::<MemberCursor>(query.after)?;
    let (members, next) = app.members(me.user.id, room.id, after, query.limit).await?;
    Ok(Json(Members { members, next: next.map(|next| next.to_string()) }))
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Joined {
    member: Member,
    room: Room,
}

async fn join(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<JoinCredentials>,
) -> Result<Json<Joined>> {
    let joining = app.join(&me.user, room.id, body, caller.address).await?;
    let mut member = joining.member;
    member.online = app.realtime.is_online(joining.room.id, me.user.id);
    Ok(Json(Joined { member, room: app.with_counts(joining.room) }))
}

async fn leave(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<StatusCode> {
    app.leave(me.user.id, room.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KickQuery {
    /// Whether they are banned from coming back.
    #[serde(default)]
    ban: bool,
    /// With a ban: after how many hours it ends by itself, 1 to 8760; left out, it does not.
    #[serde(default)]
    hours: Option<u32>,
    /// With a ban: whether all invites of the room are revoked, so that a banned guest cannot return with one.
    #[serde(default)]
    revoke_invites: bool,
}

async fn kick(
    State(app): State<App>,
    me: SignedIn,
    user: UserPath,
    room: RoomPath,
    Query(query): Query<KickQuery>,
) -> Result<StatusCode> {
    let KickQuery { ban, hours, revoke_invites } = query;
    app.kick(me.user.id, room.id, Kick { user_id: user.id, ban, hours, reason: None, revoke_invites }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn hand_over(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<NewOwner>,
) -> Result<Json<Room>> {
    app.hand_over(&me.user, room.id, body.user_id).await.map(Json)
}
