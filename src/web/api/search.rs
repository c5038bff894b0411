//! Search.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::search::Hit;
use crate::error::{Code, Result};
use crate::ids::{MessageId, RoomId};
use crate::service::{App, SearchRequest};
use crate::text::hit::Excerpt;
use crate::web::extract::{Caller, SignedIn};
use crate::wire::WireMessage;

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("GET", "/search", find, "Search messages, newest first.", |call| {
        call.query::<SearchQuery>()
            .response::<FoundMessages>(200)
            .for_members()
            .refuses(&[Code::TooLong, Code::SearchUnavailable])
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SearchQuery {
    /// 1 to 200 characters: at most 16 words and "phrases", all of which must be there, with
    /// `from:name`, `in:room`, `before:2026-11-20`, `after:2026-11-01` and `has:file` among them.
    /// A Korean word is found inside longer words, any other at the beginning of a word.
    q: String,
    /// Only in this room.
    #[serde(default)]
    room: Option<String>,
    /// Only by this user: a name or an id.
    #[serde(default)]
    from: Option<String>,
    /// `next` of the page before, a day or an RFC 3339 time: only earlier messages.
    #[serde(default)]
    before: Option<String>,
    /// A day or an RFC 3339 time: only messages from then on.
    #[serde(default)]
    after: Option<String>,
    /// How many minutes the local time is ahead of UTC, for days; 0 if left out.
    #[serde(default)]
    zone: Option<i32>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FoundMessages {
    /// The newest first.
    messages: Vec<FoundMessage>,
    /// `before` of the next page; null on the last. A page may have fewer messages than `limit`,
    /// or none, and still not be the last.
    next: Option<MessageId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FoundMessage {
    #[serde(flatten)]
    message: WireMessage,
    excerpt: Excerpt,
}

async fn find(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Query(query): Query<SearchQuery>,
) -> Result<Json<FoundMessages>> {
    let room_id = query.room.as_deref().map(str::parse::<RoomId>).transpose();
    let room_id = room_id.map_err(|_| Code::RoomNotFound)?;
    let SearchQuery { q, from, before, after, limit, .. } = query;
    let request = SearchRequest { q, room_id, from, before, after, zone: query.zone.unwrap_or_default(), limit };
    let found = app.search(me.user.id, request).await?;
    let shown = |hit: Hit| FoundMessage {
        message: WireMessage::new(hit.message, caller.lang, Some(me.user.id)),
        excerpt: hit.excerpt,
    };
    Ok(Json(FoundMessages { messages: found.hits.into_iter().map(shown).collect(), next: found.next }))
}
