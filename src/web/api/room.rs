//! Rooms.

use axum::extract::{Path, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::json::{Json, Query};
use crate::chat::room::{History, Room};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::service::{App, Asker, LobbyCursor, RoomChange, RoomRequest};
use crate::web::caller::{Caller, Me};
use crate::web::pages::room::room_id;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
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
pub(super) struct Rooms {
    rooms: Vec<Room>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Rooms>> {
    let after = query.after.map(|after| after.parse::<LobbyCursor>()).transpose();
    let after = after.map_err(|()| Error::invalid("after", "after must be the next of a page"))?;
    let asker = me.map_or(Asker::Address(caller.address), |me| Asker::User(me.user.id));
    let (rooms, next) = match query.q {
        Some(q) => app.find_rooms(asker, q, after, query.limit).await?,
        None => app.lobby(None, after, query.limit).await?,
    };
    Ok(Json(Rooms { rooms, next: next.map(|next| next.to_string()) }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRoom {
    /// 1 to 80 characters.
    title: String,
    /// How many members it may have; 50 if left out.
    #[serde(default)]
    max: Option<u32>,
    #[serde(default)]
    password: Option<String>,
    /// Whether it vanishes when the last person leaves.
    #[serde(default)]
    ephemeral: bool,
    /// Whether the lobby shows it; true if left out.
    #[serde(default = "yes")]
    listed: bool,
    /// What members may see from before they joined; all if left out.
    #[serde(default)]
    history: History,
}

fn yes() -> bool {
    true
}

pub(super) async fn create(
    State(app): State<App>,
    me: Me,
    Json(body): Json<NewRoom>,
) -> Result<(StatusCode, Json<Room>)> {
    let NewRoom { title, max, password, ephemeral, listed, history } = body;
    let body = RoomRequest { title, max, password, ephemeral, unlisted: !listed, history };
    let room = app.create_room(&me.user, body).await?;
    Ok((StatusCode::CREATED, Json(room)))
}

pub(super) async fn show(State(app): State<App>, me: Option<Me>, Path(id): Path<String>) -> Result<Json<Room>> {
    app.room(me.map(|me| me.user.id), room_id(&id)?).await.map(Json)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChangeRoom {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    max: Option<u32>,
    /// Null takes the password away; left out, it stays.
    #[serde(default, deserialize_with = "given")]
    password: Option<Option<String>>,
    /// Whether the lobby shows it.
    #[serde(default)]
    listed: Option<bool>,
    /// What members may see from before they joined.
    #[serde(default)]
    history: Option<History>,
    /// Slow mode: seconds between two messages of the same member, 0 to 21600; 0 for none.
    #[serde(default)]
    slow_seconds: Option<u32>,
}

/// Tells a null from a field that was left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(super) async fn change(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<ChangeRoom>,
) -> Result<Json<Room>> {
    let ChangeRoom { title, max, password, listed, history, slow_seconds } = body;
    let change = RoomChange { title, max, password, listed, history, slow_seconds };
    app.change_room(&me.user, room_id(&id)?, change).await.map(Json)
}

pub(super) async fn remove(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<StatusCode> {
    app.remove_room(&me.user, room_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HandOver {
    user_id: UserId,
}

pub(super) async fn hand_over(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<HandOver>,
) -> Result<Json<Room>> {
    app.hand_over(&me.user, room_id(&id)?, body.user_id).await.map(Json)
}
