//! Rooms: the page of a room, for members and for others, and the forms that create, change and
//! remove one.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::lobby::{MY_ROOMS_SHOWN, Notice};
use super::user::{identify, with_session};
use crate::chat::member::Role;
use crate::chat::message::Cursor;
use crate::chat::room::{History, RoomKind};
use crate::error::{Code, Result};
use crate::i18n::any_name;
use crate::ids::RoomId;
use crate::service::App;
use crate::view::{DoorPage, RoomPage};
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrLobby, OrPageError, PageResult};
use crate::web::problem;
use crate::web::redirect::{redirect, redirect_to_room, redirect_with_error};
use crate::wire::{ChangeRoom, NewRoom, SharedJson};

/// The most open rooms in the list beside a room.
const ROOMS_BESIDE: u32 = 30;
/// The most bans in the sheet of settings, the latest.
const BANS_SHOWN: u32 = 100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/rooms", post(create))
        .route("/room/{id}", get(show))
        .route("/room/{id}/settings", post(change))
        .route("/room/{id}/delete", post(remove))
}

#[derive(Deserialize)]
struct Shown {
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
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Response {
    let Ok(id) = id.parse() else { return redirect_with_error("/", Code::RoomNotFound) };
    if let Some(me) = &me {
        match talk(&app, &caller, me, id, &shown).await {
            // Whoever comes to a room that was removed is told at the door that there is none.
            Err(error) if matches!(error.code, Code::NotAMember | Code::Gone) => {}
            Err(error) if error.code == Code::RoomNotFound => return redirect_with_error("/", error.code),
            Err(error) => return problem::error_page(&error, caller.lang),
            Ok(page) => return page,
        }
    }
    match door(&app, &caller, me.as_ref(), id, shown.notice.code()).await {
        Ok(page) => page,
        Err(error) if error.code == Code::RoomNotFound => redirect_with_error("/", error.code),
        Err(error) => problem::error_page(&error, caller.lang),
    }
}

async fn talk(app: &App, caller: &Caller, me: &SignedIn, id: RoomId, shown: &Shown) -> Result<Response> {
    let my_id = me.user.id;
    let mut snapshot = app.snapshot(my_id, id, None, None).await?;
    // Who has no JavaScript, and so no socket, is here as long as they look at the page again.
    app.reserve_slot(&me.user, &snapshot.room);
    if let Some(cursor) = shown.cursor() {
        snapshot.messages = SharedJson::new(app.history(my_id, id, cursor, None).await?);
    }
    let (mine, _) = app.my_rooms(my_id, None, Some(MY_ROOMS_SHOWN)).await?;
    let (mut rooms, _) = app.lobby(None, None, Some(ROOMS_BESIDE)).await?;
    rooms.retain(|room| mine.iter().all(|mine| mine.room.id != room.id));
    let peer = match snapshot.room.kind {
        RoomKind::Direct => Some(app.peer(my_id, id).await?),
        RoomKind::Open => None,
    };
    let pins = app.pins(my_id, id).await?;
    let (invites, bans) = match snapshot.me.role {
        Role::Member => Default::default(),
        _ => (app.invites(my_id, id).await?, app.bans(my_id, id, None, Some(BANS_SHOWN)).await?.bans),
    };
    let messages = &snapshot.messages.value;
    let page = RoomPage {
        lang: caller.lang,
        room: &snapshot.room,
        me: &snapshot.me,
        members: &snapshot.members.value,
        peer: peer.as_ref(),
        messages: &messages.messages,
        rev: messages.rev,
        epoch: &messages.epoch,
        has_older: messages.older,
        has_newer: messages.newer,
        at: shown.at(),
        unread: mine.iter().find(|mine| mine.room.id == id).map_or(0, |mine| mine.waiting.unread),
        pins: &pins,
        mine: &mine,
        rooms: &rooms,
        has_search: app.config.has_search,
        base: app.base(),
        invites: &invites,
        bans: &bans,
        notice: shown.notice.code(),
        upload_max: app.config.upload_max,
        files_max: app.config.limits.files_max,
    };
    Ok(Html(page.html()).into_response())
}

async fn door(app: &App, caller: &Caller, me: Option<&SignedIn>, id: RoomId, notice: Option<Code>) -> Result<Response> {
    let room = app.room(me.map(|me| me.user.id), id).await?;
    let name = me.map_or_else(|| any_name(caller.lang), |me| me.user.name.clone());
    let page = DoorPage { lang: caller.lang, room: &room, name: &name, invite: None, notice };
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
        let (ephemeral, listed) = (form.ephemeral.is_some(), form.unlisted.is_none());
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
    let (me, session) = identify(&app, &caller, me, form.name.take()).await.or_lobby()?;
    let created = app.create_room(&me, NewRoom::from(form).into()).await;
    let response = created.map(|room| redirect_to_room(room.id)).or_lobby();
    Ok(with_session(response, session))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    title: String,
    max: Option<u32>,
    password: Option<String>,
    clear_password: Option<String>,
    listed: Option<bool>,
    history: Option<History>,
    slow_seconds: Option<u32>,
}

impl From<Settings> for ChangeRoom {
    /// An empty password changes nothing; only the box beside it removes the password.
    fn from(form: Settings) -> Self {
        let Settings { title, max, password, clear_password, listed, history, slow_seconds } = form;
        let password = match clear_password {
            Some(_) => Some(None),
            None => password.filter(|password| !password.is_empty()).map(Some),
        };
        Self { title: Some(title), max, password, listed, history, slow_seconds }
    }
}

/// `POST /room/{id}/settings`
async fn change(
    State(app): State<App>,
    me: OrLobby<SignedIn>,
    room: OrLobby<RoomPath>,
    Form(form): Form<Settings>,
) -> PageResult {
    app.change_room(&me.user, room.id, ChangeRoom::from(form).into()).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}

/// `POST /room/{id}/delete`
async fn remove(State(app): State<App>, me: OrLobby<SignedIn>, room: OrLobby<RoomPath>) -> PageResult {
    app.remove_room(&me.user, room.id).await.or_room(room.id)?;
    Ok(redirect("/"))
}
