//! The lobby: open rooms, one's own rooms, and the form that finds a room by its link.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::error::Code;
use crate::i18n::any_name;
use crate::ids::RoomId;
use crate::service::{App, MY_ROOMS};
use crate::view::LobbyPage;
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, PageError, PageResult};
use crate::web::redirect::{Notice, redirect, redirect_to_room};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show)).route("/find", post(find))
}

#[derive(Deserialize)]
struct LobbyQuery {
    /// What was carried out before.
    done: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Query(query): Query<LobbyQuery>,
) -> PageResult {
    let lang = caller.lang;
    let (rooms, _) = app.lobby(None, None, Some(app.config.limits.page_max)).await.or_problem(lang)?;
    let my_rooms = match &me {
        Some(me) => app.my_rooms(&me.user, None, Some(MY_ROOMS)).await.or_problem(lang)?.0,
        None => Vec::new(),
    };
    let server = app.server_settings();
    let open_reports = match &me {
        Some(me) => app.open_reports(me.user.id).await.or_problem(lang)?,
        None => None,
    };
    let refused_scheduled = match &me {
        Some(me) => app.refused_scheduled(me.user.id).await.or_problem(lang)?,
        None => 0,
    };
    let page = LobbyPage {
        lang,
        me: me.as_ref().map(|me| &*me.user),
        my_rooms: &my_rooms,
        rooms: &rooms,
        is_room_deleted: query.done.as_deref() == Some("deleted"),
        notice: query.notice.code(),
        suggestion: &any_name(lang),
        has_search: app.config.has_search,
        may_create_rooms: app.may_create_rooms(me.as_ref().map(|me| &*me.user)).await.or_problem(lang)?,
        takes_guests: app.takes_guests(),
        server: &server,
        open_reports,
        refused_scheduled,
    };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct Find {
    room: String,
}

/// `POST /find`: leads to a room by its id or a link to it.
async fn find(State(app): State<App>, me: Option<SignedIn>, Form(form): Form<Find>) -> PageResult {
    let viewer = me.map(|me| me.user.id);
    let typed = form.room.trim().trim_end_matches('/');
    if let Some((_, code)) = typed.rsplit_once("/invite/") {
        // Only a valid code goes into the address.
        app.invited(viewer, code.to_owned()).await.or_lobby()?;
        return Ok(redirect(&format!("/invite/{code}")));
    }
    let id = typed.split(['?', '#']).next().and_then(|typed| typed.rsplit('/').next()).unwrap_or_default();
    let id: RoomId = id.to_lowercase().parse().map_err(|_| PageError::lobby(Code::RoomNotFound))?;
    let room = app.room(viewer, id).await.or_lobby()?;
    Ok(redirect_to_room(room.id))
}
