//! The search page.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;

use crate::chat::search::{Found, Hit, RoomName};
use crate::error::{Code, Result};
use crate::ids::RoomId;
use crate::service::{App, SearchRequest};
use crate::view::{FoundIn, SearchPage};
use crate::web::extract::{Caller, SignedIn};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};

/// Messages on a page of results.
const PAGE_SIZE: u32 = 30;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/search", get(show))
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
    room: Option<String>,
    before: Option<String>,
    zone: Option<String>,
}

/// `GET /search`. Without a query it explains how to search.
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<SearchQuery>,
) -> PageResult {
    let room = query.room.as_deref().filter(|room| !room.is_empty());
    let room_id: Option<RoomId> = room.map(str::parse).transpose().map_err(|_| PageError::lobby(Code::RoomNotFound))?;
    let zone = query.zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or_default();
    let found = match query.q.trim() {
        "" => Ok(Found::default()),
        q => {
            let (q, before, limit) = (q.to_owned(), query.before, Some(PAGE_SIZE));
            let request = SearchRequest { q, room_id, before, zone, limit, ..SearchRequest::default() };
            app.search(me.user.id, request).await
        }
    };
    let (found, notice) = match found {
        Ok(found) => (found, None),
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::NotAMember) => {
            return Err(PageError::lobby(error.code));
        }
        Err(error) => (Found::default(), Some(error.code)),
    };
    let called = called(&app, &me, room_id, &found.hits).await.or_problem(caller.lang)?;
    let title = |id: RoomId| -> Option<String> {
        let RoomName { room, peer } = called.iter().find(|called| called.room.id == id)?;
        Some(FoundIn::title(room, peer.as_ref(), &me.user, caller.lang))
    };
    let room = match room_id.map(|id| title(id).map(|title| (id, title))) {
        Some(None) => return Err(PageError::lobby(Code::NotAMember)),
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
    Ok((status, Html(page.html())).into_response())
}

/// Loads the titles of the rooms on the page, including the room that is searched.
async fn called(app: &App, me: &SignedIn, room_id: Option<RoomId>, hits: &[Hit]) -> Result<Vec<RoomName>> {
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
