//! The page on which what was said is found again.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::room::room_id;
use crate::chat::search::{Called, Found, Hit};
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::service::{App, SearchRequest};
use crate::view::{FoundIn, SearchPage};
use crate::web::caller::{Caller, Me};
use crate::web::form::redirect_with_error;
use crate::web::problem;

/// Messages on a page of results.
const ON_A_PAGE: u32 = 30;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    room: Option<String>,
    before: Option<String>,
    zone: Option<String>,
}

/// `GET /search`. Without a question it tells what may be asked.
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(query): Query<Asked>,
) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    let room = query.room.as_deref().filter(|room| !room.is_empty());
    let Ok(room_id) = room.map(room_id).transpose() else { return redirect_with_error("/", Code::RoomNotFound) };
    let zone = query.zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or_default();
    let found = match query.q.trim() {
        "" => Ok(Found::default()),
        q => {
            let (q, before, limit) = (q.to_owned(), query.before, Some(ON_A_PAGE));
            let request = SearchRequest { q, room_id, before, zone, limit, ..SearchRequest::default() };
            app.search(me.user.id, request).await
        }
    };
    let (found, notice) = match found {
        Ok(found) => (found, None),
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::NotAMember) => {
            return redirect_with_error("/", error.code);
        }
        Err(error) => (Found::default(), Some(error.code)),
    };
    let called = match called(&app, &me, room_id, &found.hits).await {
        Ok(called) => called,
        Err(error) => return problem::page(&error, caller.lang),
    };
    let title = |id: RoomId| -> Option<String> {
        let Called { room, peer } = called.iter().find(|called| called.room.id == id)?;
        Some(FoundIn::title(room, peer.as_ref(), &me.user, caller.lang))
    };
    let room = match room_id.map(|id| title(id).map(|title| (id, title))) {
        Some(None) => return redirect_with_error("/", Code::NotAMember),
        named => named.flatten(),
    };
    let page = SearchPage {
        lang: caller.lang,
        me: &me.user,
        q: query.q.trim(),
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
async fn called(app: &App, me: &Me, room_id: Option<RoomId>, hits: &[Hit]) -> Result<Vec<Called>> {
    let mut ids: Vec<RoomId> = hits.iter().map(|hit| hit.message.room_id).collect();
    ids.extend(room_id);
    ids.sort_unstable();
    ids.dedup();
    app.room_titles(me.user.id, ids).await
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
