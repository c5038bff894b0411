//! The lobby's page.

use axum::extract::{Query, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::caller::{Caller, Me};
use super::form::{Form, see, see_refused};
use super::problem;
use super::room::MINE_SHOWN;
use crate::error::Code;
use crate::ids::RoomId;
use crate::state::State;
use crate::view::LobbyPage;
use crate::words::any_name;

#[derive(Deserialize)]
pub(super) struct Notice {
    refused: Option<String>,
}

impl Notice {
    /// The refusal to show: one of ours, or none.
    pub(super) fn code(&self) -> Option<Code> {
        let name = self.refused.as_deref()?;
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// `GET /`
pub(super) async fn show(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Query(notice): Query<Notice>,
) -> Response {
    let lang = caller.lang;
    let rooms = match state.lobby(None, None, Some(state.config.limits.page_max)).await {
        Ok((rooms, _)) => rooms,
        Err(error) => return problem::page(&error, lang),
    };
    let mine = match &me {
        Some(me) => state.my_rooms(me.user.id, None, Some(MINE_SHOWN)).await.map(|(mine, _)| mine),
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
        has_search: state.config.has_search,
    };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(super) struct Find {
    room: String,
}

/// `POST /find`: a room by its id or the link to it.
pub(super) async fn find(Shared(state): Shared<State>, me: Option<Me>, Form(asked): Form<Find>) -> Response {
    let typed = asked.room.trim().trim_end_matches('/');
    if let Some((_, code)) = typed.rsplit_once("/invite/") {
        return find_invited(&state, me.as_ref(), code).await;
    }
    let id = typed.split(['?', '#']).next().and_then(|typed| typed.rsplit('/').next()).unwrap_or_default();
    let Ok(id) = id.to_lowercase().parse::<RoomId>() else { return see_refused("/", Code::RoomNotFound) };
    match state.room(me.as_ref().map(|me| me.user.id), id).await {
        Ok(room) => see(&format!("/room/{}", room.id)),
        Err(error) => see_refused("/", error.code),
    }
}

/// The door that an invite opens. What is no living code goes into no address.
async fn find_invited(state: &State, me: Option<&Me>, code: &str) -> Response {
    match state.invited(me.map(|me| me.user.id), code.to_owned()).await {
        Ok(_) => see(&format!("/invite/{code}")),
        Err(error) => see_refused("/", error.code),
    }
}
