//! Rooms: the page of a room, for members and for others, and the forms that create, change and
//! remove one.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::room_settings::or_page;
use super::user::{identify, with_session};
use crate::chat::message::Cursor;
use crate::chat::room::History;
use crate::chat::unread::MyRoom;
use crate::error::{Code, Error, Result};
use crate::i18n::{Lang, any_name};
use crate::ids::{RoomId, UserId};
use crate::service::{App, RoomPageData};
use crate::view::{JoinPage, RoomPage};
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect, redirect_to_room};
use crate::wire::NewRoom;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/rooms", post(create)).route("/room/{id}", get(show)).route("/room/{id}/delete", post(remove))
}

#[derive(Deserialize)]
struct RoomQuery {
    before: Option<String>,
    after: Option<String>,
    /// The seq of the message that a link shows.
    at: Option<String>,
    /// The first day to show, `2026-11-21`, in UTC.
    day: Option<String>,
    /// The first time to show, RFC 3339; a script sends midnight in the reader's time zone.
    since: Option<String>,
    /// A member whose actions are shown as forms.
    member: Option<String>,
    /// `all` for more members in the list than the first.
    members: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

impl RoomQuery {
    /// Returns the position in the history; none for an invalid one.
    fn cursor(&self) -> Option<Cursor> {
        let seq = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let day = |text: &str| crate::clock::from_rfc3339(&format!("{text}T00:00:00Z"));
        let before = seq(&self.before).map(Cursor::Before);
        let after = before.or(seq(&self.after).map(Cursor::After));
        let at = after.or(seq(&self.at).map(Cursor::Around));
        let since = self.since.as_deref().and_then(crate::clock::from_rfc3339);
        at.or(since.or(self.day.as_deref().and_then(day)).map(Cursor::Since))
    }

    /// Returns the seq of the message to show.
    fn at(&self) -> Option<i64> {
        self.at.as_deref().and_then(|at| at.parse().ok())
    }
}

/// `GET /room/{id}`. It never makes anyone a member.
async fn show(
    State(app): State<App>,
    caller: Caller,
    room: OrRedirect<RoomPath>,
    me: Option<SignedIn>,
    Query(query): Query<RoomQuery>,
) -> PageResult {
    let refuse = |error: Error| match error.code {
        Code::RoomNotFound => PageError::lobby(error.code),
        _ => PageError::Problem(error, caller.lang),
    };
    if let Some(me) = &me {
        match member_page(&app, &caller, me, room.id, &query).await {
            // The page to join says also that the room was removed.
            Err(error) if matches!(error.code, Code::NotAMember | Code::Gone) => {}
            result => return result.map_err(refuse),
        }
    }
    if me.is_none() && !app.takes_guests() {
        return Ok(redirect(&format!("/login?next=/room/{}", room.id)));
    }
    join_page(&app, &caller, me.as_ref(), room.id, query.notice.code()).await.map_err(refuse)
}

/// Returns the page for a member, read and rendered on the blocking pool.
async fn member_page(app: &App, caller: &Caller, me: &SignedIn, id: RoomId, query: &RoomQuery) -> Result<Response> {
    let may_create_rooms = app.may_create_rooms(Some(&me.user)).await?;
    let (my_id, shown_as) = (me.user.id, ShownAs::new(caller, query, may_create_rooms));
    let cursor = query.cursor().unwrap_or(Cursor::Newest);
    let page = app.render(caller.address, move |app| {
        let data = app.read_room_page(my_id, id, cursor)?;
        let html = room_page(app, &data, shown_as).html();
        Ok::<_, Error>((data.room, html))
    });
    let (room, html) = page.await??;
    // This GET changes something: a member without JavaScript has no socket, and keeps their place in an ephemeral
    // room by looking at the page. The reservation is in memory and expires by itself.
    app.reserve_slot(&me.user, &room);
    Ok(Html(html).into_response())
}

/// What the address asks for, beside the page of history.
#[derive(Clone, Copy)]
struct ShownAs {
    lang: Lang,
    minutes_east: i32,
    may_create_rooms: bool,
    at: Option<i64>,
    notice: Option<Code>,
    is_every_member: bool,
    pointed_member: Option<UserId>,
}

impl ShownAs {
    fn new(caller: &Caller, query: &RoomQuery, may_create_rooms: bool) -> Self {
        Self {
            lang: caller.lang,
            minutes_east: caller.minutes_east,
            may_create_rooms,
            at: query.at(),
            notice: query.notice.code(),
            is_every_member: query.members.as_deref() == Some("all"),
            pointed_member: query.member.as_deref().and_then(|id| id.parse().ok()),
        }
    }
}

fn room_page<'a>(app: &'a App, data: &'a RoomPageData, shown_as: ShownAs) -> RoomPage<'a> {
    let ShownAs { lang, minutes_east, may_create_rooms, at, notice, is_every_member, pointed_member } = shown_as;
    let is_here = |my_room: &&MyRoom| my_room.room.id == data.room.id;
    RoomPage {
        lang,
        minutes_east,
        may_create_rooms,
        server: &data.server,
        room: &data.room,
        me: &data.me,
        mute: data.mute.as_ref(),
        members: &data.members,
        is_every_member,
        pointed_member,
        peer: data.other.as_ref(),
        messages: &data.messages.messages,
        rev: data.messages.rev,
        epoch: &data.messages.epoch,
        has_older: data.messages.older,
        has_newer: data.messages.newer,
        at,
        is_request: data.is_request,
        unread: data.my_rooms.iter().find(is_here).map_or(0, |my_room| my_room.waiting.unread),
        pins: &data.pins,
        my_rooms: &data.my_rooms,
        rooms: &data.other_rooms,
        has_search: app.config.has_search,
        base: app.base(),
        invites: &data.invites,
        open_reports: data.open_reports,
        scheduled_waiting: data.scheduled_waiting,
        blocked: &data.blocked,
        notify: data.notify,
        notice,
        text_max: app.config.limits.text_max,
        upload_max: app.config.upload_max,
        files_max: app.config.limits.files_max,
    }
}

/// Returns the page to join the room.
async fn join_page(
    app: &App,
    caller: &Caller,
    me: Option<&SignedIn>,
    id: RoomId,
    notice: Option<Code>,
) -> Result<Response> {
    let room = app.room(me.map(|me| me.user.id), id).await?;
    let (lang, me) = (caller.lang, me.map(|me| &*me.user));
    let (name, server) = (any_name(lang), app.server_settings());
    let ban = app.own_ban(me.map(|me| me.id), id).await?;
    let page =
        JoinPage { lang, room: &room, me, name: &name, invite: None, notice, ban: ban.as_ref(), server: &server };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct CreateRoom {
    title: String,
    max: Option<u32>,
    password: Option<String>,
    ephemeral: Option<String>,
    unlisted: Option<String>,
    #[serde(default)]
    history: History,
    /// The name of a visitor without a session, who becomes a guest.
    name: Option<String>,
}

impl From<CreateRoom> for NewRoom {
    fn from(form: CreateRoom) -> Self {
        let CreateRoom { title, max, password, history, .. } = form;
        let (ephemeral, listed) = (form.ephemeral.is_some_and(|choice| choice == "on"), form.unlisted.is_none());
        Self { title, max, password, ephemeral, listed, history }
    }
}

/// `POST /rooms`
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Form(mut form): Form<CreateRoom>,
) -> PageResult {
    if !app.may_create_rooms(me.as_ref().map(|me| &*me.user)).await.or_lobby()? && app.takes_guests() {
        // Before a visitor becomes a guest for nothing.
        return Err(PageError::lobby(Code::Forbidden));
    }
    let (me, session) = identify(&app, &caller, me, form.name.take()).await.or_lobby()?;
    let created = app.create_room(&me, NewRoom::from(form).into()).await;
    let response = created.map(|room| redirect_to_room(room.id)).or_lobby();
    Ok(with_session(response, session))
}

/// `POST /room/{id}/delete`
async fn remove(State(app): State<App>, me: OrRedirect<SignedIn>, room: OrRedirect<RoomPath>) -> PageResult {
    or_page(app.remove_room(&me.user, room.id).await, room.id)?;
    Ok(redirect("/?done=deleted"))
}
