//! Moderators of a room.

use axum::extract::State;
use http::{Method, StatusCode};

use super::Calls;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{RoomPath, SignedIn, UserPath};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("PUT", "/rooms/{id}/moderators/{userId}", set, "Make a member a moderator. For the owner.", |call| {
            call.no_content().for_members().refuses(&[Code::Invalid])
        })
        .add(
            "DELETE",
            "/rooms/{id}/moderators/{userId}",
            set,
            "Make a moderator a member again. For the owner.",
            |call| call.no_content().for_members().refuses(&[Code::Invalid]),
        )
}

/// `PUT` appoints, `DELETE` dismisses.
async fn set(
    State(app): State<App>,
    me: SignedIn,
    method: Method,
    user: UserPath,
    room: RoomPath,
) -> Result<StatusCode> {
    app.set_moderator(me.user.id, room.id, user.id, method == Method::PUT).await?;
    Ok(StatusCode::NO_CONTENT)
}
