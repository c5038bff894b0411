//! One's own rooms, with what waits in each; and the way to a conversation of two.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Json, Query};
use crate::chat::member::{Member, Presence};
use crate::chat::room::Room;
use crate::chat::unread::{self, Place};
use crate::chat::user::User;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::web::caller::{Caller, Me};
use crate::wire::WireMessage;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 200; 200 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MyRooms {
    rooms: Vec<MyRoom>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MyRoom {
    room: Room,
    me: Member,
    /// The other person of a direct room; null for one who has left the house.
    peer: Option<User>,
    /// Whether that person is there; `offline` in an open room.
    presence: Presence,
    /// Messages of others since one's read mark, at most 100.
    unread: u32,
    /// Those of them that name one, or everybody.
    mentions: u32,
    last: Option<WireMessage>,
}

pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    me: Me,
    Query(query): Query<ListQuery>,
) -> Result<Json<MyRooms>> {
    let after = query.after.as_deref().map(place).transpose()?;
    let (rooms, next) = app.my_rooms(me.user.id, after, query.limit).await?;
    let shown = |mine: unread::MyRoom| MyRoom {
        room: mine.room,
        me: mine.me,
        peer: mine.peer,
        presence: mine.presence,
        unread: mine.waiting.unread,
        mentions: mine.waiting.mentions,
        last: mine.waiting.last.map(|last| WireMessage::new(last, caller.lang, Some(me.user.id))),
    };
    let next = next.map(|(active_at, id)| format!("{active_at}-{id}"));
    Ok(Json(MyRooms { rooms: rooms.into_iter().map(shown).collect(), next }))
}

fn place(text: &str) -> Result<Place> {
    let place = text.rsplit_once('-').and_then(|(active_at, id)| Some((active_at.parse().ok()?, id.parse().ok()?)));
    place.ok_or_else(|| Error::invalid("after", "after must be the next of a page"))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Direct {
    user_id: UserId,
}

pub(super) async fn open_direct(
    State(app): State<App>,
    me: Me,
    Json(body): Json<Direct>,
) -> Result<(StatusCode, Json<Room>)> {
    let (room, made) = app.open_direct(me.user.id, body.user_id).await?;
    Ok((if made { StatusCode::CREATED } else { StatusCode::OK }, Json(room)))
}
