//! How much a room notifies, quiet hours, and muted people, by form.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use serde::Deserialize;

use super::block::{SetPerson, after_set};
use super::me::{MyPage, Typed};
use crate::chat::kinds::NotifyLevel;
use crate::chat::notification::QuietHours;
use crate::error::{Error, Result};
use crate::service::App;
use crate::web::extract::{Caller, RoomPath, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};
use crate::web::redirect::redirect_to_room;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/notifications", post(set_level))
        .route("/me/notifications", post(set_quiet_hours))
        .route("/me/notifications/muted", post(set_muted))
}

#[derive(Deserialize)]
struct SetLevel {
    level: NotifyLevel,
}

/// `POST /room/{id}/notifications`
async fn set_level(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<SetLevel>,
) -> PageResult {
    app.set_notify_level(me.user.id, room.id, form.level).await.or_room(room.id)?;
    Ok(redirect_to_room(room.id))
}

#[derive(Deserialize)]
struct SetQuietHours {
    /// `on`, or left out.
    quiet: Option<String>,
    /// `22:00`
    from: String,
    until: String,
}

impl SetQuietHours {
    fn hours(&self, minutes_east: i32) -> Result<Option<QuietHours>> {
        if self.quiet.is_none() {
            return Ok(None);
        }
        let (from, until) = (minute("from", &self.from)?, minute("until", &self.until)?);
        Ok(Some(QuietHours { from, until, minutes_east: i16::try_from(minutes_east).unwrap_or_default() }))
    }
}

/// Reads `22:00` as the minute of a day.
fn minute(field: &'static str, text: &str) -> Result<u16> {
    let read = || {
        let (hours, minutes) = text.split_once(':')?;
        hours.parse::<u16>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)
    };
    read().ok_or_else(|| Error::invalid(field, "a time of a day, as 22:00"))
}

/// `POST /me/notifications`
async fn set_quiet_hours(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<SetQuietHours>,
) -> Response {
    let result = match form.hours(caller.minutes_east) {
        Ok(hours) => app.set_quiet_hours(me.user.id, hours).await,
        Err(error) => Err(error),
    };
    MyPage::new(&app, &caller, &me).after(result, "notifications", &[], Typed::default()).await
}

/// `POST /me/notifications/muted`
async fn set_muted(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    headers: HeaderMap,
    Form(form): Form<SetPerson>,
) -> Response {
    let result = app.mute_person(me.user.id, form.user_id, form.is_on()).await;
    after_set(&app, &caller, &me, &headers, result, "muted").await
}
