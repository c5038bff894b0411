//! The form of a report, and the queues of those who decide.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::chat::kinds::{Decision, ReportReason};
use crate::chat::report::{Act, NewReport, Queue};
use crate::clock::{now_ms, rfc3339};
use crate::error::Code;
use crate::ids::{MessageId, ReportId, RoomId, UserId};
use crate::service::App;
use crate::view::admin::Head;
use crate::view::report::{ReportPage, ReportsPage};
use crate::web::extract::{Caller, Path, RoomPath, SignedIn};
use crate::web::form::{Form, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/report", get(show_form).post(send))
        .route("/room/{id}/reports", get(of_room))
        .route("/admin/reports", get(of_server))
        .route("/reports/{reportId}", post(decide))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormQuery {
    message: Option<MessageId>,
    user_id: Option<UserId>,
    done: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /room/{id}/report`
async fn show_form(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Query(query): Query<FormQuery>,
) -> PageResult {
    let room = app.room(Some(me.user.id), room.id).await.or_lobby()?;
    let about = match (query.message, query.user_id) {
        (Some(id), _) => app.message_to_report(me.user.id, id).await.ok().map(|message| {
            let files: Vec<String> = message.files.into_iter().map(|file| file.name).collect();
            let text = if message.text.is_empty() { files.join(", ") } else { message.text };
            (message.user.map(|user| user.name).unwrap_or_default(), text)
        }),
        (None, Some(id)) => app.profile(me.user.id, id).await.ok().map(|profile| (profile.user.name, String::new())),
        (None, None) => None,
    };
    let page = ReportPage {
        lang: caller.lang,
        room: &room,
        message: query.message,
        user_id: query.user_id,
        about,
        is_done: query.done.is_some(),
        notice: query.notice.code(),
    };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportForm {
    reason: ReportReason,
    #[serde(default)]
    note: String,
    message: Option<MessageId>,
    user_id: Option<UserId>,
}

/// `POST /room/{id}/report`
async fn send(
    State(app): State<App>,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Form(form): Form<ReportForm>,
) -> PageResult {
    let (me, new) = (me.user.id, NewReport { reason: form.reason, note: form.note });
    let made = match (form.message, form.user_id) {
        (Some(id), _) => app.report_message(me, id, new).await,
        (None, Some(user_id)) => app.report_user(me, user_id, Some(room.id), new).await,
        (None, None) => Err(Code::NotFound.into()),
    };
    let done = match made {
        Ok(_) => "done=saved".to_owned(),
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::Gone) => {
            return Err(PageError::lobby(error.code));
        }
        Err(error) => format!("refused={}", error.code.name()),
    };
    Ok(redirect(&format!("/room/{}/report?{done}", room.id)))
}

#[derive(Deserialize)]
struct QueueQuery {
    decided: Option<String>,
    after: Option<ReportId>,
    done: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

/// `GET /room/{id}/reports`
async fn of_room(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    room: OrRedirect<RoomPath>,
    Query(query): Query<QueueQuery>,
) -> PageResult {
    queue(&app, &caller, &me, Some(room.id), query).await
}

/// `GET /admin/reports`
async fn of_server(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<QueueQuery>,
) -> PageResult {
    queue(&app, &caller, &me, None, query).await
}

async fn queue(app: &App, caller: &Caller, me: &SignedIn, room: Option<RoomId>, query: QueueQuery) -> PageResult {
    let is_open = query.decided.is_none();
    let of = room.map_or(Queue::Server, Queue::Room);
    let page = match app.reports(me.user.id, of, is_open, query.after, None).await {
        Err(error) if matches!(error.code, Code::RoomNotFound | Code::Gone) => {
            return Err(PageError::lobby(error.code));
        }
        page => page.or_problem(caller.lang)?,
    };
    let (mutes, shown) = match room {
        Some(id) => {
            let mutes = app.mutes(me.user.id, id).await.unwrap_or_default();
            (mutes, Some(app.room(Some(me.user.id), id).await.or_problem(caller.lang)?))
        }
        None => Default::default(),
    };
    let now = rfc3339(now_ms());
    let open_reports = app.open_reports(me.user.id).await.or_problem(caller.lang)?.unwrap_or_default();
    let page = ReportsPage {
        lang: caller.lang,
        room: shown.as_ref(),
        is_open,
        reports: &page.reports,
        next: page.next,
        head: Head { is_done: query.done.is_some(), notice: query.notice.refusal(), q: "", open_reports },
        mutes: &mutes,
        locked_until: shown
            .as_ref()
            .and_then(|room| room.joins_locked_until.as_deref())
            .filter(|at| *at > now.as_str()),
    };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct DecisionForm {
    decision: Decision,
    /// Hours of a mute, a ban or a suspension; empty without an end.
    #[serde(default)]
    hours: String,
    #[serde(default)]
    reason: String,
    /// Whether the message is hidden as well.
    #[serde(default)]
    hide: Option<String>,
    /// The room whose queue is shown; empty for that of the server.
    #[serde(default)]
    room: String,
}

/// `POST /reports/{reportId}`
async fn decide(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Path(id): Path<ReportId>,
    Form(form): Form<DecisionForm>,
) -> Result<Response, PageError> {
    let decide = async {
        let hours = number("hours", &form.hours)?;
        let reason = Some(form.reason).filter(|reason| !reason.trim().is_empty());
        let minutes = hours.map(|hours| hours.saturating_mul(60));
        app.decide_report(
            me.user.id,
            id,
            Act { decision: form.decision, minutes, hours, reason, hides: form.hide.is_some() },
        )
        .await
    };
    let back = form
        .room
        .parse::<RoomId>()
        .map_or_else(|_| "/admin/reports".to_owned(), |room| format!("/room/{room}/reports"));
    match decide.await {
        Ok(()) => Ok(redirect(&format!("{back}?done=saved"))),
        // For others it does not exist, and the queue neither.
        Err(error) if error.code == Code::NotFound => Err(PageError::Problem(error, caller.lang)),
        Err(error) => Ok(redirect(&format!("{back}?refused={}", error.code.name()))),
    }
}
