//! The lobby's page.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::error::Code;
use crate::i18n::any_name;
use crate::ids::RoomId;
use crate::service::{App, MY_ROOMS};
use crate::view::LobbyPage;
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, redirect_with_error, see};
use crate::web::problem;

#[derive(Deserialize)]
pub(crate) struct Notice {
    refused: Option<String>,
}

impl Notice {
    /// The refusal to show: one of ours, or none.
    pub(crate) fn code(&self) -> Option<Code> {
        let name = self.refused.as_deref()?;
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// `GET /`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(notice): Query<Notice>,
) -> Response {
    let lang = caller.lang;
    let rooms = match app.lobby(None, None, Some(app.config.limits.page_max)).await {
        Ok((rooms, _)) => rooms,
        Err(error) => return problem::page(&error, lang),
    };
    let mine = match &me {
        Some(me) => app.my_rooms(me.user.id, None, Some(MY_ROOMS)).await.map(|(mine, _)| mine),
        None => Ok(Vec::new()),
    };
    let mine = match mine {
        Ok(mine) => mine,
        Err(error) => return problem::page(&error, lang),
    };
    let page = LobbyPage {
        lang,
        me: me.as_ref().map(|me| &*me.user),
        mine: &mine,
        rooms: &rooms,
        notice: notice.code(),
        suggestion: &any_name(lang),
        has_search: app.config.has_search,
    };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Find {
    room: String,
}

/// `POST /find`: a room by its id or the link to it.
pub(crate) async fn find(State(app): State<App>, me: Option<Me>, Form(form): Form<Find>) -> Response {
    let typed = form.room.trim().trim_end_matches('/');
    if let Some((_, code)) = typed.rsplit_once("/invite/") {
        return find_invited(&app, me.as_ref(), code).await;
    }
    let id = typed.split(['?', '#']).next().and_then(|typed| typed.rsplit('/').next()).unwrap_or_default();
    let Ok(id) = id.to_lowercase().parse::<RoomId>() else { return redirect_with_error("/", Code::RoomNotFound) };
    match app.room(me.as_ref().map(|me| me.user.id), id).await {
        Ok(room) => see(&format!("/room/{}", room.id)),
        Err(error) => redirect_with_error("/", error.code),
    }
}

/// The door that an invite opens. What is no living code goes into no address.
async fn find_invited(app: &App, me: Option<&Me>, code: &str) -> Response {
    match app.invited(me.map(|me| me.user.id), code.to_owned()).await {
        Ok(_) => see(&format!("/invite/{code}")),
        Err(error) => redirect_with_error("/", error.code),
    }
}
