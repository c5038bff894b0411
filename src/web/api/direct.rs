//! Direct rooms.

use axum::extract::State;
use http::StatusCode;

use super::Calls;
use super::json::Json;
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::SignedIn;
use crate::wire::OpenDirect;

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("POST", "/direct", open, "Open the direct room with a user.", |call| {
        call.body::<OpenDirect>()
            .response::<Room>(201)
            .or(200, "The room exists already.")
            .limited()
            .refuses(&[Code::NotFound])
    })
}

async fn open(State(app): State<App>, me: SignedIn, Json(body): Json<OpenDirect>) -> Result<(StatusCode, Json<Room>)> {
    let (room, is_new) = app.open_direct(me.user.id, body.user_id).await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(room)))
}
