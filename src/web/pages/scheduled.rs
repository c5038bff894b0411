//! The page of what one has scheduled, and the forms that schedule.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::chat::kinds::ScheduledKind;
use crate::chat::scheduled::NewScheduled;
use crate::clock::now_ms;
use crate::due_time::DueTime;
use crate::error::{Error, Result};
use crate::service::App;
use crate::view::ScheduledPage;
use crate::web::extract::{Caller, RoomPath, ScheduledPath, SignedIn};
use crate::web::form::{Form, no_store};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect, redirect_to_room};

const PATH: &str = "/me/scheduled";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/scheduled", get(show))
        .route("/me/scheduled/{scheduledId}", post(change))
        .route("/me/scheduled/{scheduledId}/cancel", post(cancel))
        .route("/me/scheduled/{scheduledId}/send", post(send))
        .route("/room/{id}/scheduled", post(create))
}

/// `GET /me/scheduled`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(notice): Query<Notice>,
) -> PageResult {
    let scheduled = app.scheduled(me.user.id).await.or_problem(caller.lang)?;
    let (now, text_max) = (now_ms(), app.config.limits.text_max);
    let page = ScheduledPage { lang: caller.lang, scheduled: &scheduled, now, text_max, notice: notice.code() };
    Ok(no_store(Html(page.html()).into_response()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    #[serde(default)]
    kind: ScheduledKind,
    text: String,
    #[serde(default)]
    reply_to: String,
    at: String,
    zone: String,
}

impl Schedule {
    fn new_scheduled(self, caller: &Caller) -> Result<NewScheduled> {
        let reply_to = match self.reply_to.trim() {
            "" => None,
            seq => Some(seq.parse().map_err(|_| Error::invalid("replyTo", "replyTo must be a number"))?),
        };
        let due = DueTime::parse(&self.at, Some(&self.zone))?;
        Ok(NewScheduled { kind: self.kind, text: self.text, reply_to, due, lang: caller.lang.code() })
    }
}

/// `POST /room/{id}/scheduled`
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: RoomPath,
    Form(form): Form<Schedule>,
) -> PageResult {
    let scheduled = match form.new_scheduled(&caller) {
        Ok(new) => app.schedule(me.user.id, room.id, new).await,
        Err(error) => Err(error),
    };
    scheduled.or_room(room.id)?;
    Ok(redirect(PATH))
}

#[derive(Deserialize)]
struct Change {
    text: String,
    at: String,
    zone: String,
}

/// `POST /me/scheduled/{scheduledId}`
async fn change(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    path: ScheduledPath,
    Form(form): Form<Change>,
) -> PageResult {
    let (stored, _) = back(app.one_scheduled(me.user.id, path.id).await)?;
    // The field has no seconds, and its time may be over.
    let is_same = stored.due.local.get(..16) == Some(&form.at) && stored.due.zone == form.zone;
    let due = if is_same { None } else { Some(back(DueTime::parse(&form.at, Some(&form.zone)))?) };
    back(app.change_scheduled(me.user.id, path.id, Some(form.text), due).await)?;
    Ok(redirect(PATH))
}

/// `POST /me/scheduled/{scheduledId}/cancel`
async fn cancel(State(app): State<App>, me: OrRedirect<SignedIn>, path: ScheduledPath) -> PageResult {
    back(app.cancel_scheduled(me.user.id, path.id).await)?;
    Ok(redirect(PATH))
}

/// `POST /me/scheduled/{scheduledId}/send`: leads to the room.
async fn send(State(app): State<App>, me: OrRedirect<SignedIn>, path: ScheduledPath) -> PageResult {
    let message = back(app.send_scheduled_now(me.user.id, path.id).await)?;
    Ok(redirect_to_room(message.room_id))
}

/// Leads back to this page with the reason.
fn back<T>(result: Result<T>) -> Result<T, PageError> {
    result.map_err(|error| PageError::to(PATH, error))
}
