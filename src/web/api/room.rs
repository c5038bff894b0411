//! Rooms.

use axum::extract::State;
use http::StatusCode;

use super::Calls;
use super::json::Json;
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::wire::{ChangeRoom, NewRoom};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("POST", "/rooms", create, "Create a room. The creator is its owner and a member.", |call| {
            call.body::<NewRoom>().response::<Room>(201).refuses(&[Code::TooLong, Code::Filtered])
        })
        .add("GET", "/rooms/{id}", show, "Get a room.", |call| call.public().response::<Room>(200))
        .add("PATCH", "/rooms/{id}", change, "Change a room. For the owner.", |call| {
            call.body::<ChangeRoom>().response::<Room>(200).for_members().refuses(&[Code::TooLong, Code::Filtered])
        })
        .add("DELETE", "/rooms/{id}", remove, "Remove a room with all its content. For the owner.", |call| {
            call.no_content().for_members()
        })
}

async fn create(State(app): State<App>, me: SignedIn, Json(body): Json<NewRoom>) -> Result<(StatusCode, Json<Room>)> {
    let room = app.create_room(&me.user, body.into()).await?;
    Ok((StatusCode::CREATED, Json(room)))
}

async fn show(State(app): State<App>, me: Option<SignedIn>, room: RoomPath) -> Result<Json<Room>> {
    app.room(me.map(|me| me.user.id), room.id).await.map(Json)
}

async fn change(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<ChangeRoom>,
) -> Result<Json<Room>> {
    app.change_room(&me.user, room.id, body.into()).await.map(Json)
}

async fn remove(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<StatusCode> {
    app.remove_room(&me.user, room.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
