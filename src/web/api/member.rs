//! The members of a room.

use axum::extract::{Path, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::member::Member;
use crate::chat::room::Room;
use crate::error::{Code, Error, Result};
use crate::service::{App, Key, MemberCursor};
use crate::web::caller::{Caller, Me};
use crate::web::pages::room::room_id;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Members {
    members: Vec<Member>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Members>> {
    let after = query.after.map(|after| after.parse::<MemberCursor>()).transpose();
    let after = after.map_err(|()| Error::invalid("after", "after must be the next of a page"))?;
    let (members, next) = app.members(me.user.id, room_id(&id)?, after, query.limit).await?;
    Ok(Json(Members { members, next: next.map(|next| next.to_string()) }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Join {
    #[serde(default)]
    password: Option<String>,
    /// The code of an invite, in place of a password. One that lets nobody in is `gone`, whatever
    /// the reason.
    #[serde(default)]
    invite: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Joined {
    member: Member,
    room: Room,
}

pub(super) async fn join(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<Join>,
) -> Result<Json<Joined>> {
    let key = Key { password: body.password, invite: body.invite };
    let joining = app.join(&me.user, room_id(&id)?, key, caller.address).await?;
    let mut member = joining.member;
    member.online = app.realtime.is_online(joining.room.id, me.user.id);
    Ok(Json(Joined { member, room: app.with_counts(joining.room) }))
}

pub(super) async fn leave(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    app.leave(me.user.id, room_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct KickQuery {
    /// Whether they may not come back.
    #[serde(default)]
    ban: bool,
}

pub(super) async fn kick(
    State(app): State<App>,
    me: Me,
    Path((id, user_id)): Path<(String, String)>,
    Query(query): Query<KickQuery>,
) -> Result<StatusCode> {
    let user_id = user_id.parse().map_err(|_| Code::NotFound)?;
    app.kick(me.user.id, room_id(&id)?, user_id, query.ban, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn make_moderator(
    State(app): State<App>,
    me: Me,
    Path((id, user_id)): Path<(String, String)>,
) -> Result<StatusCode> {
    set_moderator(&app, &me, &id, &user_id, true).await
}

pub(super) async fn unmake_moderator(
    State(app): State<App>,
    me: Me,
    Path((id, user_id)): Path<(String, String)>,
) -> Result<StatusCode> {
    set_moderator(&app, &me, &id, &user_id, false).await
}

async fn set_moderator(app: &App, me: &Me, id: &str, user_id: &str, on: bool) -> Result<StatusCode> {
    let user_id = user_id.parse().map_err(|_| Code::NotFound)?;
    app.set_moderator(me.user.id, room_id(id)?, user_id, on).await?;
    Ok(StatusCode::NO_CONTENT)
}
