//! The page of a room's settings, and its form.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde::Deserialize;

use crate::chat::room::{History, Writers};
use crate::error::{Code, Error, Result};
use crate::ids::RoomId;
use crate::service::App;
use crate::view::RoomSettingsPage;
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::{Form, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect_to_room};
use crate::wire::ChangeRoom;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/room/{id}/settings", get(show).post(change))
}

/// Returns the path of the page.
pub(super) fn settings_path(room_id: RoomId) -> String {
    format!("/room/{room_id}/settings")
}

/// Leads back to this page with what may be mended here, and to the room otherwise.
pub(super) fn or_page<T>(result: Result<T>, room_id: RoomId) -> Result<T, PageError> {
    match result {
        Err(error) if !matches!(error.code, Code::NotAMember | Code::RoomNotFound | Code::Gone | Code::Forbidden) => {
            Err(PageError::to(settings_path(room_id), error))
        }
        result => result.or_room(room_id),
    }
}

/// `GET /room/{id}/settings`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Query(notice): Query<Notice>,
) -> PageResult {
    let found = app.room_settings(me.user.id, room.id).await.or_room(room.id)?;
    // As on the page of the room: without JavaScript there is no socket, and an ephemeral room keeps only who is in it.
    app.reserve_slot(&me.user, &found.room);
    let page = RoomSettingsPage {
        lang: caller.lang,
        me: &me.user,
        room: &found.room,
        role: found.role,
        has_invites: found.has_invites,
        bans: &found.bans,
        server: &app.server_settings(),
        notice: notice.code(),
    };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    title: String,
    max: Option<String>,
    password: Option<String>,
    clear_password: Option<String>,
    listed: Option<bool>,
    history: Option<History>,
    slow_seconds: Option<u32>,
    writers: Option<Writers>,
    keep_messages_days: Option<String>,
    keep_files_days: Option<String>,
    revoke_invites: Option<String>,
}

impl TryFrom<Settings> for ChangeRoom {
    type Error = Error;

    /// An empty password changes nothing; only the box beside it removes the password.
    fn try_from(form: Settings) -> Result<Self> {
        let typed = |field, typed: Option<String>| number(field, &typed.unwrap_or_default());
        let password = match form.clear_password {
            Some(_) => Some(None),
            None => form.password.filter(|password| !password.is_empty()).map(Some),
        };
        Ok(Self {
            title: Some(form.title),
            max: typed("max", form.max)?,
            password,
            listed: form.listed,
            history: form.history,
            slow_seconds: form.slow_seconds,
            writers: form.writers,
            keep_messages_days: typed("keepMessagesDays", form.keep_messages_days)?,
            keep_files_days: typed("keepFilesDays", form.keep_files_days)?,
            revoke_invites: form.revoke_invites.is_some(),
        })
    }
}

/// `POST /room/{id}/settings`
async fn change(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<Settings>,
) -> PageResult {
    let change = or_page(ChangeRoom::try_from(form), room.id)?;
    or_page(app.change_room(&me.user, room.id, change.into()).await, room.id)?;
    Ok(redirect_to_room(room.id))
}
