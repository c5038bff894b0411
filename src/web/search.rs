//! The page on which what was said is found again.

use axum::extract::{Query, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::see_refused;
use super::problem;
use super::room::room_id;
use crate::chat::search::{Called, Found, Hit};
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::state::{SearchRequest, State};
use crate::view::{FoundIn, SearchPage};

/// Messages on a page of results.
const ON_A_PAGE: u32 = 30;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    room: Option<String>,
    before: Option<String>,
    zone: Option<String>,
}

/// `GET /search`. Without a question it tells what may be asked.
pub(super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(me) = me else { return see_refused("/", Code::Unauthenticated) };
    let room = asked.room.as_deref().filter(|room| !room.is_empty());
    let Ok(room_id) = room.map(room_id).transpose() else { return see_refused("/", Code::RoomNotFound) };
    let zone = asked.zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or_default();
    let found = match asked.q.trim() {
        "" => Ok(Found::default()),
        q => {
            let (q, before, limit) = (q.to_owned(), asked.before, Some(ON_A_PAGE));
            let request = SearchRequest { q, room_id, before, zone, limit, ..SearchRequest::default() };
            state.search(me.user.id, request).await
        }
    };
    let (found, notice) = match found {
        Ok(found) => (found, None),
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::NotAMember) => {
            return see_refused("/", error.code);
        }
        Err(error) => (Found::default(), Some(error.code)),
    };
    let called = match called(&state, &me, room_id, &found.hits).await {
        Ok(called) => called,
        Err(error) => return problem::page(&error, caller.lang),
    };
    let title = |id: RoomId| -> Option<String> {
        let Called { room, peer } = called.iter().find(|called| called.room.id == id)?;
        Some(FoundIn::title(room, peer.as_ref(), &me.user, caller.lang))
    };
    let room = match room_id.map(|id| title(id).map(|title| (id, title))) {
        Some(None) => return see_refused("/", Code::NotAMember),
        named => named.flatten(),
    };
    let page = SearchPage {
        lang: caller.lang,
        me: &me.user,
        q: asked.q.trim(),
        room,
        found: by_room(&found.hits, title),
        next: found.next,
        zone,
        notice,
    };
    let status = notice.and_then(|code| StatusCode::from_u16(code.status()).ok()).unwrap_or_default();
    (status, Html(page.html())).into_response()
}

/// What the rooms on the page are called, the one that is searched among them.
async fn called(state: &State, me: &Me, room_id: Option<RoomId>, hits: &[Hit]) -> Result<Vec<Called>> {
    let mut ids: Vec<RoomId> = hits.iter().map(|hit| hit.message.room_id).collect();
    ids.extend(room_id);
    ids.sort_unstable();
    ids.dedup();
    state.call(me.user.id, ids).await
}

fn by_room(hits: &[Hit], title: impl Fn(RoomId) -> Option<String>) -> Vec<FoundIn<'_>> {
    let mut found: Vec<FoundIn> = Vec::new();
    for hit in hits {
        let room_id = hit.message.room_id;
        match found.iter_mut().find(|found| found.room_id == room_id) {
            Some(found) => found.hits.push(hit),
            None => found.extend(title(room_id).map(|title| FoundIn { room_id, title, hits: vec![hit] })),
        }
    }
    found
}
