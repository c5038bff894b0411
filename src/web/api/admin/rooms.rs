//! The rooms of the server. Removing one is the call of its owner.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Calls;
use super::{Json, Query};
use crate::chat::admin::AdminRoom;
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::wire::{CloseRoom, NewOwner};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/admin/rooms",
            list,
            "List all open rooms, newest first, also unlisted ones. For admins of the server.",
            |call| call.query::<ListQuery>().response::<Rooms>(200).refuses(&[Code::TooLong]),
        )
        .add(
            "PATCH",
            "/admin/rooms/{id}",
            close,
            "Close a room, so that nobody joins or writes, or open it again. For admins of the server.",
            |call| call.body::<CloseRoom>().response::<Room>(200).refuses(&[Code::Gone]),
        )
        .add(
            "PUT",
            "/admin/rooms/{id}/owner",
            give,
            "Make a member the owner of a room. For admins of the server, who need not be in it.",
            |call| call.body::<NewOwner>().response::<Room>(200).refuses(&[Code::Gone, Code::NotFound]),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// A part of the title.
    #[serde(default)]
    q: String,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<RoomId>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Rooms {
    rooms: Vec<AdminRoom>,
    /// `after` of the next page; null on the last.
    next: Option<RoomId>,
}

async fn list(State(app): State<App>, me: SignedIn, Query(query): Query<ListQuery>) -> Result<Json<Rooms>> {
    let page = app.all_rooms(me.user.id, query.q, query.after, query.limit).await?;
    Ok(Json(Rooms { rooms: page.rooms, next: page.next }))
}

async fn close(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<CloseRoom>,
) -> Result<Json<Room>> {
    app.close_room(me.user.id, room.id, body.closed).await.map(Json)
}

async fn give(State(app): State<App>, me: SignedIn, room: RoomPath, Json(body): Json<NewOwner>) -> Result<Json<Room>> {
    app.give_room(me.user.id, room.id, body.user_id).await.map(Json)
}
