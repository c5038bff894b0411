//! Direct rooms.

use axum::extract::State;
use http::StatusCode;

use super::Calls;
use super::json::Json;
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn};
use crate::wire::OpenDirect;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("POST", "/direct", open, "Open the direct room with a user.", |call| {
            call.body::<OpenDirect>()
                .response::<Room>(201)
                .or(200, "The room exists already.")
                .refuses(&[Code::NotFound])
        })
        .add(
            "POST",
            "/rooms/{id}/accept",
            accept,
            "Accept a stranger's direct room, which waits apart until then. Writing in it accepts it too, and leaving it \
             refuses it for good.",
            |call| call.no_content().for_members(),
        )
}

async fn accept(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<StatusCode> {
    app.accept_direct(me.user.id, room.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn open(State(app): State<App>, me: SignedIn, Json(body): Json<OpenDirect>) -> Result<(StatusCode, Json<Room>)> {
    let (room, is_new) = app.open_direct(me.user.id, body.user_id).await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(room)))
}
