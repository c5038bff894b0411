//! Invites on the pages: the door they open, the forms that make and end them, their pictures.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;

use super::room::{back_to, in_room, room_id};
use crate::error::{Code, Error, Result};
use crate::i18n::any_name;
use crate::service::App;
use crate::view::DoorPage;
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, redirect_with_error, see};
use crate::web::problem;

/// `GET /invite/{code}`: the room's door, with the code in its form. It makes nobody a member.
pub(crate) async fn show(State(app): State<App>, caller: Caller, me: Option<Me>, Path(code): Path<String>) -> Response {
    let (room, is_member) = match app.invited(me.as_ref().map(|me| me.user.id), code.clone()).await {
        Ok(found) => found,
        Err(error) if matches!(error.code, Code::Gone | Code::RoomNotFound) => {
            return redirect_with_error("/", Code::Gone);
        }
        Err(error) => return problem::page(&error, caller.lang),
    };
    if is_member {
        return see(&format!("/room/{}", room.id));
    }
    let name = me.map_or_else(|| any_name(caller.lang), |me| me.user.name.clone());
    let page = DoorPage { lang: caller.lang, room: &room, name: &name, invite: Some(&code), notice: None };
    Html(page.html()).into_response()
}

/// An empty choice is no end.
#[derive(Deserialize)]
pub(crate) struct NewInvite {
    uses: String,
    hours: String,
}

/// `POST /room/{id}/invites`
pub(crate) async fn create(
    State(app): State<App>,
    me: Option<Me>,
    Path(id): Path<String>,
    Form(form): Form<NewInvite>,
) -> Response {
    let (me, id) = match in_room(me, &id) {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let made = match (number("uses", &form.uses), number("hours", &form.hours)) {
        (Ok(uses), Ok(hours)) => app.create_invite(me.user.id, id, uses, hours).await.map(drop),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    back_to(id, "#share", made)
}

fn number(field: &'static str, typed: &str) -> Result<Option<u32>> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| Error::invalid(field, format!("{field} must be a number"))),
    }
}

/// `POST /room/{id}/invites/{code}/delete`
pub(crate) async fn revoke(
    State(app): State<App>,
    me: Option<Me>,
    Path((id, code)): Path<(String, String)>,
) -> Response {
    match in_room(me, &id) {
        Ok((me, id)) => back_to(id, "#share", app.revoke_invite(me.user.id, id, code).await),
        Err(answer) => *answer,
    }
}

/// `GET /room/{id}/qr.svg`: the room's address to point a camera at.
pub(crate) async fn room_picture(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let room = app.room(Some(me.user.id), room_id(&id)?).await?;
    picture(&app, &headers, &format!("/room/{}", room.id))
}

/// `GET /room/{id}/invites/{code}/qr.svg`, for those who may see the room's invites.
pub(crate) async fn invite_picture(
    State(app): State<App>,
    me: Me,
    Path((id, code)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response> {
    let invites = app.invites(me.user.id, room_id(&id)?).await?;
    let invite = invites.iter().find(|invite| invite.code == code).ok_or(Code::NotFound)?;
    picture(&app, &headers, &format!("/invite/{}", invite.code))
}

fn picture(app: &App, headers: &HeaderMap, path: &str) -> Result<Response> {
    let base = app.config.origins.address(headers).ok_or(Code::BadRequest)?;
    let svg = svg(&format!("{base}{path}"))?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

/// Draws a text as a QR code: black on white with the four quiet modules around it, whatever the
/// page's colours, as cameras want it.
fn svg(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
    let (width, side) = (code.width(), code.width() + 8);
    let mut dark = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                dark += &format!("M{} {}h{length}v1h-{length}z", x + 4, y + 4, length = run.len());
            }
            x += run.len();
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><rect width="{side}" height="{side}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>"##
    ))
}
