//! Invites: the page they open, the forms that create and revoke them, and QR codes.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::error::{Code, Result};
use crate::i18n::any_name;
use crate::ids::RoomId;
use crate::service::App;
use crate::view::JoinPage;
use crate::web::extract::{Caller, Path, RoomPath, SignedIn};
use crate::web::form::{Form, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::qr;
use crate::web::redirect::{redirect, redirect_to_log_in, redirect_to_room};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/invite/{code}", get(show))
        .route("/room/{id}/invites", post(create))
        .route("/room/{id}/invites/{code}/delete", post(revoke))
        .route("/room/{id}/qr.svg", get(room_qr_code))
        .route("/room/{id}/invites/{code}/qr.svg", get(invite_qr_code))
}

/// `GET /invite/{code}`: the page to join the room, with the code in its form. It joins nobody by
/// itself.
async fn show(State(app): State<App>, caller: Caller, me: Option<SignedIn>, Path(code): Path<String>) -> PageResult {
    let (room, is_member) = match app.invited(me.as_ref().map(|me| me.user.id), code.clone()).await {
        Ok(found) => found,
        Err(error) if matches!(error.code, Code::Gone | Code::RoomNotFound) => {
            return Err(PageError::lobby(Code::Gone));
        }
        Err(error) => return Err(error).or_problem(caller.lang),
    };
    if is_member {
        return Ok(redirect_to_room(room.id));
    }
    // Without an account nobody comes in, and the log-in must not lose the invite.
    if me.is_none() && !app.takes_guests() {
        return Ok(redirect_to_log_in(&format!("/invite/{code}")));
    }
    let (lang, me) = (caller.lang, me.as_ref().map(|me| &*me.user));
    let (name, server) = (any_name(lang), app.server_settings());
    let ban = app.own_ban(me.map(|me| me.id), room.id).await.or_problem(lang)?;
    let (invite, ban) = (Some(code.as_str()), ban.as_ref());
    let page = JoinPage { lang, room: &room, me, name: &name, invite, notice: None, ban, server: &server };
    Ok(Html(page.html()).into_response())
}

/// An empty choice means without limit.
#[derive(Deserialize)]
struct NewInvite {
    uses: String,
    hours: String,
}

/// `POST /room/{id}/invites`
async fn create(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<NewInvite>,
) -> PageResult {
    let uses = number("uses", &form.uses).or_room(room.id)?;
    let hours = number("hours", &form.hours).or_room(room.id)?;
    app.create_invite(me.user.id, room.id, uses, hours).await.or_room(room.id)?;
    Ok(redirect_to_invites(room.id))
}

/// Redirects to the sheet of the room's page that lists the invites.
fn redirect_to_invites(id: RoomId) -> Response {
    redirect(&format!("/room/{id}#share"))
}

/// `POST /room/{id}/invites/{code}/delete`
async fn revoke(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Path((_, code)): Path<(String, String)>,
) -> PageResult {
    app.revoke_invite(me.user.id, room.id, code).await.or_room(room.id)?;
    Ok(redirect_to_invites(room.id))
}

/// `GET /room/{id}/qr.svg`: the room's address.
async fn room_qr_code(State(app): State<App>, me: SignedIn, room: RoomPath, headers: HeaderMap) -> Result<Response> {
    let room = app.room(Some(me.user.id), room.id).await?;
    qr_code(&app, &headers, &format!("/room/{}", room.id))
}

/// `GET /room/{id}/invites/{code}/qr.svg`, for those who may see the room's invites.
async fn invite_qr_code(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Path((_, code)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let invites = app.invites(me.user.id, room.id).await?;
    let invite = invites.iter().find(|invite| invite.code == code).ok_or(Code::NotFound)?;
    qr_code(&app, &headers, &format!("/invite/{}", invite.code))
}

fn qr_code(app: &App, headers: &HeaderMap, path: &str) -> Result<Response> {
    let base = app.config.origins.address(headers).ok_or(Code::BadRequest)?;
    let svg = qr::svg(&format!("{base}{path}"))?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
