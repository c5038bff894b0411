//! One's own rooms, with unread counts.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::member::{Member, Presence};
use crate::chat::room::Room;
use crate::chat::unread::{self, Cursor};
use crate::chat::user::User;
use crate::error::{Error, Result};
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::wire::WireMessage;

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("GET", "/me/rooms", list, "List one's own rooms with unread counts, last active first.", |call| {
        call.query::<ListQuery>().response::<MyRooms>(200)
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// 1 to 200; 200 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MyRooms {
    rooms: Vec<MyRoom>,
    /// `after` of the next page; null on the last.
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MyRoom {
    room: Room,
    me: Member,
    /// The other user of a direct room; null if their account is deleted.
    peer: Option<User>,
    /// That user's presence; `offline` in an open room.
    presence: Presence,
    /// Messages of others since the user's read mark, at most 100.
    unread: u32,
    /// Those of them that mention the user, or everyone.
    mentions: u32,
    last: Option<WireMessage>,
    /// Whether a stranger has opened this direct room, and the user has neither accepted it nor written in it. Clients
    /// show such rooms apart, and do not count their messages.
    request: bool,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<MyRooms>> {
    let after = query.after.as_deref().map(parse_cursor).transpose()?;
    let (rooms, next) = app.my_rooms(&me.user, after, query.limit).await?;
    let shown = |mine: unread::MyRoom| MyRoom {
        room: mine.room,
        me: mine.me,
        peer: mine.other,
        presence: mine.presence,
        unread: mine.waiting.unread,
        mentions: mine.waiting.mentions,
        request: mine.waiting.is_request,
        last: mine.waiting.last.map(|last| WireMessage::new(last, caller.lang, Some(me.user.id))),
    };
    let next = next.map(|(active_at, id)| format!("{active_at}-{id}"));
    Ok(Json(MyRooms { rooms: rooms.into_iter().map(shown).collect(), next }))
}

fn parse_cursor(text: &str) -> Result<Cursor> {
    let cursor = text.rsplit_once('-').and_then(|(active_at, id)| Some((active_at.parse().ok()?, id.parse().ok()?)));
    cursor.ok_or_else(|| Error::invalid("after", "after must be the next of a page"))
}
