//! Bans: who is kept out of a room.

use axum::extract::{Path, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::member::Ban;
use crate::error::{Code, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::pages::room::room_id;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: Option<UserId>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bans {
    bans: Vec<Ban>,
    /// `after` of the next page; null on the last.
    next: Option<UserId>,
}

pub(super) async fn list(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Bans>> {
    let page = app.bans(me.user.id, room_id(&id)?, query.after, query.limit).await?;
    Ok(Json(Bans { bans: page.bans, next: page.next }))
}

pub(super) async fn lift(
    State(app): State<App>,
    me: Me,
    Path((id, user_id)): Path<(String, String)>,
) -> Result<StatusCode> {
    let user_id = user_id.parse().map_err(|_| Code::NotFound)?;
    app.lift_ban(me.user.id, room_id(&id)?, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
