//! The lobby: the list of open rooms.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::room::Room;
use crate::error::{Code, Result};
use crate::service::{App, LobbyCursor, Requester};
use crate::web::extract::{Caller, SignedIn, cursor};

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("GET", "/rooms", list, "List open rooms, busiest first.", |call| {
        call.public().query::<ListQuery>().response::<Rooms>(200).refuses(&[Code::TooLong])
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// A part of the title.
    #[serde(default)]
    q: Option<String>,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Rooms {
    rooms: Vec<Room>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Rooms>> {
    let after = cursor::<LobbyCursor>(query.after)?;
    let requester = me.map_or(Requester::Address(caller.address), |me| Requester::User(me.user.id));
    let (rooms, next) = match query.q {
        Some(q) => app.find_rooms(requester, q, after, query.limit).await?,
        None => app.lobby(None, after, query.limit).await?,
    };
    Ok(Json(Rooms { rooms, next: next.map(|next| next.to_string()) }))
}
