//! Muted members of a room, and who may come in.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::member::{Mute, NewMute};
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn, UserPath};
use crate::wire::{LockJoins, MuteMember};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/mutes", list, "List muted users. For the owner and moderators.", |call| {
            call.response::<Mutes>(200).for_members()
        })
        .add(
            "PUT",
            "/rooms/{id}/mutes/{userId}",
            mute,
            "Mute a member: they read and do not write, also after they left and came back. For the owner and moderators.",
            |call| call.body::<MuteMember>().no_content().for_members().refuses(&[Code::TooLong]),
        )
        .add(
            "DELETE",
            "/rooms/{id}/mutes/{userId}",
            unmute,
            "Let a muted user write again. For the owner and moderators.",
            |call| call.no_content().for_members(),
        )
        .add(
            "PUT",
            "/rooms/{id}/lock",
            lock,
            "Let nobody new come in for some minutes, or end that with 0. For the owner and moderators.",
            |call| call.body::<LockJoins>().response::<Room>(200).for_members(),
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Mutes {
    /// At most 100, the first to write again first.
    mutes: Vec<Mute>,
}

async fn list(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<Json<Mutes>> {
    Ok(Json(Mutes { mutes: app.mutes(me.user.id, room.id).await? }))
}

async fn mute(
    State(app): State<App>,
    me: SignedIn,
    user: UserPath,
    room: RoomPath,
    Json(body): Json<MuteMember>,
) -> Result<StatusCode> {
    let new = NewMute { user_id: user.id, minutes: body.minutes, reason: body.reason };
    app.mute(me.user.id, room.id, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unmute(State(app): State<App>, me: SignedIn, user: UserPath, room: RoomPath) -> Result<StatusCode> {
    app.unmute(me.user.id, room.id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lock(State(app): State<App>, me: SignedIn, room: RoomPath, Json(body): Json<LockJoins>) -> Result<Json<Room>> {
    app.lock_joins(me.user.id, room.id, body.minutes).await.map(Json)
}
