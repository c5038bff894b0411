//! Bans: who may not come back into a room.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::{Json, Query};
use crate::chat::member::Ban;
use crate::error::Result;
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{Paging, RoomPath, SignedIn, UserPath};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/bans", list, "List bans, newest first. For the owner and moderators.", |call| {
            call.query::<Paging<UserId>>().response::<Bans>(200).for_members()
        })
        .add("DELETE", "/rooms/{id}/bans/{userId}", lift, "Lift a ban. For the owner and moderators.", |call| {
            call.no_content().for_members()
        })
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Bans {
    bans: Vec<Ban>,
    /// `after` of the next page; null on the last.
    next: Option<UserId>,
}

async fn list(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Query(query): Query<Paging<UserId>>,
) -> Result<Json<Bans>> {
    let page = app.bans(me.user.id, room.id, query.after, query.limit).await?;
    Ok(Json(Bans { bans: page.bans, next: page.next }))
}

async fn lift(State(app): State<App>, me: SignedIn, user: UserPath, room: RoomPath) -> Result<StatusCode> {
    app.lift_ban(me.user.id, room.id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
