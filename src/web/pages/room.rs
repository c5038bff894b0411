//! A room's pages: the talk for its members, the door for others, and the forms of both.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::lobby::Notice;
use crate::chat::message::Cursor;
use crate::chat::room::History;
use crate::chat::unread::MyRoom;
use crate::chat::user::User;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::{Lang, any_name};
use crate::ids::{RoomId, UserId};
use crate::service::{App, Key, RoomChange, RoomPageData, RoomRequest};
use crate::view::{DoorPage, RoomPage};
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, redirect_with_error, see, with_cookie};
use crate::web::problem;

/// # Errors
/// `room_not_found` for what is no room's id.
pub(crate) fn room_id(text: &str) -> Result<RoomId> {
    text.parse().map_err(|_| Code::RoomNotFound.into())
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    before: Option<String>,
    after: Option<String>,
    /// The seq of a message that a link leads to.
    at: Option<String>,
    /// A day, `2026-11-21`, from which on to read, in UTC.
    day: Option<String>,
    /// A time in RFC 3339 from which on to read: the midnight of the reader's own place.
    since: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

impl Shown {
    /// The place in the history that is asked for. What is no place is the newest page.
    fn cursor(&self) -> Option<Cursor> {
        let seq = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let day = |text: &str| crate::clock::from_rfc3339(&format!("{text}T00:00:00Z"));
        let before = seq(&self.before).map(Cursor::Before);
        let after = before.or(seq(&self.after).map(Cursor::After));
        let at = after.or(seq(&self.at).map(Cursor::Around));
        let since = self.since.as_deref().and_then(crate::clock::from_rfc3339);
        at.or(since.or(self.day.as_deref().and_then(day)).map(Cursor::Since))
    }

    /// The message that the address points at.
    fn at(&self) -> Option<i64> {
        self.at.as_deref().and_then(|at| at.parse().ok())
    }
}

/// `GET /room/{id}`. It never makes anybody a member.
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Response {
    let Ok(id) = room_id(&id) else { return redirect_with_error("/", Code::RoomNotFound) };
    if let Some(me) = &me {
        match talk(&app, &caller, me, id, &shown).await {
            // Whoever comes to a room that was removed is told at the door that there is none.
            Err(error) if matches!(error.code, Code::NotAMember | Code::Gone) => {}
            Err(error) if error.code == Code::RoomNotFound => return redirect_with_error("/", error.code),
            Err(error) => return problem::page(&error, caller.lang),
            Ok(page) => return page,
        }
    }
    match door(&app, &caller, me.as_ref(), id, shown.notice.code()).await {
        Ok(page) => page,
        Err(error) if error.code == Code::RoomNotFound => redirect_with_error("/", error.code),
        Err(error) => problem::page(&error, caller.lang),
    }
}

/// The page for a member, read and rendered on the blocking pool.
async fn talk(app: &App, caller: &Caller, me: &Me, id: RoomId, shown: &Shown) -> Result<Response> {
    let (my_id, lang, at, notice) = (me.user.id, caller.lang, shown.at(), shown.notice.code());
    let cursor = shown.cursor().unwrap_or(Cursor::Newest);
    let page = app.render(move |app| {
        let data = app.read_room_page(my_id, id, cursor)?;
        let html = room_page(app, &data, lang, at, notice).html();
        Ok::<_, Error>((data.room, html))
    });
    let (room, html) = page.await??;
    // This GET changes something: a member without JavaScript has no socket, and keeps their place in an ephemeral
    // room by looking at the page. The reservation is in memory and expires by itself.
    app.reserve_slot(&me.user, &room);
    Ok(Html(html).into_response())
}

fn room_page<'a>(
    app: &'a App,
    data: &'a RoomPageData,
    lang: Lang,
    at: Option<i64>,
    notice: Option<Code>,
) -> RoomPage<'a> {
    let is_here = |my_room: &&MyRoom| my_room.room.id == data.room.id;
    RoomPage {
        lang,
        room: &data.room,
        me: &data.me,
        members: &data.members,
        peer: data.other.as_ref(),
        messages: &data.messages.messages,
        rev: data.messages.rev,
        epoch: &data.messages.epoch,
        has_older: data.messages.older,
        has_newer: data.messages.newer,
        at,
        unread: data.my_rooms.iter().find(is_here).map_or(0, |my_room| my_room.waiting.unread),
        pins: &data.pins,
        mine: &data.my_rooms,
        rooms: &data.other_rooms,
        has_search: app.config.has_search,
        base: app.base(),
        invites: &data.invites,
        bans: &data.bans,
        notice,
        upload_max: app.config.upload_max,
        files_max: app.config.limits.files_max,
    }
}

async fn door(app: &App, caller: &Caller, me: Option<&Me>, id: RoomId, notice: Option<Code>) -> Result<Response> {
    let room = app.room(me.map(|me| me.user.id), id).await?;
    let name = me.map_or_else(|| any_name(caller.lang), |me| me.user.name.clone());
    let page = DoorPage { lang: caller.lang, room: &room, name: &name, invite: None, notice };
    Ok(Html(page.html()).into_response())
}

/// Who acts, made now if they had no identity; the answer then carries their cookie.
async fn identify(
    app: &App,
    caller: &Caller,
    me: Option<Me>,
    name: Option<String>,
) -> Result<(Arc<User>, Option<http::HeaderValue>)> {
    let name = name.filter(|name| !name.trim().is_empty());
    let Some(me) = me else {
        let entered = app.enter_as_guest(name, caller.clone().into()).await?;
        let cookie = cookie::set_session(&entered.token, app.config.origins.is_https());
        return Ok((Arc::new(entered.user), Some(cookie)));
    };
    match name.filter(|name| *name != me.user.name) {
        Some(name) => Ok((Arc::new(app.rename(&me.user, name).await?), None)),
        None => Ok((me.user, None)),
    }
}

fn finish(answer: Response, cookie: Option<http::HeaderValue>) -> Response {
    match cookie {
        Some(cookie) => with_cookie(answer, cookie),
        None => answer,
    }
}

#[derive(Deserialize)]
pub(crate) struct Create {
    title: String,
    max: Option<u32>,
    password: Option<String>,
    ephemeral: Option<String>,
    unlisted: Option<String>,
    #[serde(default)]
    history: History,
    name: Option<String>,
}

/// `POST /rooms`
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<Create>,
) -> Response {
    let (me, cookie) = match identify(&app, &caller, me, form.name).await {
        Ok(identified) => identified,
        Err(error) => return redirect_with_error("/", error.code),
    };
    let new = RoomRequest {
        title: form.title,
        max: form.max,
        password: form.password,
        ephemeral: form.ephemeral.is_some(),
        unlisted: form.unlisted.is_some(),
        history: form.history,
    };
    let answer = match app.create_room(&me, new).await {
        Ok(room) => see(&format!("/room/{}", room.id)),
        Err(error) => redirect_with_error("/", error.code),
    };
    finish(answer, cookie)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Direct {
    user_id: UserId,
}

/// `POST /direct`: to the conversation with somebody.
pub(crate) async fn open_direct(State(app): State<App>, me: Option<Me>, Form(form): Form<Direct>) -> Response {
    let Some(me) = me else { return redirect_with_error("/", Code::Unauthenticated) };
    match app.open_direct(me.user.id, form.user_id).await {
        Ok((room, _)) => see(&format!("/room/{}", room.id)),
        Err(error) => redirect_with_error("/", error.code),
    }
}

#[derive(Deserialize)]
pub(crate) struct Enter {
    name: Option<String>,
    password: Option<String>,
    invite: Option<String>,
}

/// `POST /room/{id}/enter`: the door's one button.
pub(crate) async fn enter(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Enter>,
) -> Response {
    let Ok(id) = room_id(&id) else { return redirect_with_error("/", Code::RoomNotFound) };
    let (me, cookie) = match identify(&app, &caller, me, form.name).await {
        Ok(identified) => identified,
        Err(error) => return redirect_with_error(&format!("/room/{id}"), error.code),
    };
    let key = Key { password: form.password, invite: form.invite };
    let answer = match app.join(&me, id, key, caller.address).await {
        Ok(_) => see(&format!("/room/{id}")),
        Err(error) => redirect_with_error("/", error.code),
    };
    finish(answer, cookie)
}

/// Where an act of a member leads: back to the room, with the reason if it was refused.
pub(crate) fn back(id: RoomId, done: Result<()>) -> Response {
    back_to(id, "", done)
}

/// As [`back`], to a sheet of the room's page.
pub(crate) fn back_to(id: RoomId, sheet: &str, done: Result<()>) -> Response {
    match done {
        Ok(()) => see(&format!("/room/{id}{sheet}")),
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::Gone) => redirect_with_error("/", error.code),
        Err(error) => redirect_with_error(&format!("/room/{id}"), error.code),
    }
}

/// The room of an address and who acts in it, or where to go instead.
pub(crate) fn in_room(me: Option<Me>, id: &str) -> Result<(Me, RoomId), Box<Response>> {
    let me = me.ok_or_else(|| Box::new(redirect_with_error("/", Code::Unauthenticated)))?;
    let id = room_id(id).map_err(|error: Error| Box::new(redirect_with_error("/", error.code)))?;
    Ok((me, id))
}

/// `POST /room/{id}/leave`
pub(crate) async fn leave(State(app): State<App>, me: Option<Me>, Path(id): Path<String>) -> Response {
    let (me, id) = match in_room(me, &id) {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    match app.leave(me.user.id, id).await {
        Ok(()) => see("/"),
        Err(error) => redirect_with_error("/", error.code),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kick {
    user_id: UserId,
    ban: Option<String>,
}

/// `POST /room/{id}/kick`
pub(crate) async fn kick(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Kick>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => {
            let kicked = app.kick(me.user.id, id, form.user_id, form.ban.is_some(), None).await;
            back(id, kicked.map(drop))
        }
        Err(answer) => *answer,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandOver {
    user_id: UserId,
}

/// `POST /room/{id}/owner`
pub(crate) async fn hand_over(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<HandOver>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back(id, app.hand_over(&me.user, id, form.user_id).await.map(drop)),
        Err(answer) => *answer,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    title: String,
    max: Option<u32>,
    password: Option<String>,
    clear_password: Option<String>,
    listed: Option<bool>,
    history: Option<History>,
    slow_seconds: Option<u32>,
}

/// `POST /room/{id}/settings`. An empty password leaves the lock as it is.
pub(crate) async fn change(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<Settings>,
) -> Response {
    let password = match form.clear_password {
        Some(_) => Some(None),
        None => form.password.filter(|password| !password.is_empty()).map(Some),
    };
    let Settings { title, max, listed, history, slow_seconds, .. } = form;
    let change = RoomChange { title: Some(title), max, password, listed, history, slow_seconds };
    match in_room(me, &id) {
        Ok((me, id)) => back(id, app.change_room(&me.user, id, change).await.map(drop)),
        Err(answer) => *answer,
    }
}

/// `POST /room/{id}/delete`
pub(crate) async fn remove(State(app): State<App>, me: Option<Me>, Path(id): Path<String>) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => match app.remove_room(&me.user, id).await {
            Ok(()) => see("/"),
            Err(error) => back(id, Err(error)),
        },
        Err(answer) => *answer,
    }
}
