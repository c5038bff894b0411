//! The pages for admins of the server.

mod people;
mod rooms;
mod server;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::service::App;
use crate::view::admin::{Charts, Head, LogPage, OverviewPage};
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, error_query, redirect};

/// Jobs that were given up, on the page.
const DEAD_JOBS: u32 = 20;

pub(in crate::web) use server::logo_routes;

pub(super) fn routes(upload_limit: DefaultBodyLimit) -> Router<App> {
    Router::new()
        .route("/admin", get(show))
        .route("/admin/charts", get(charts))
        .route("/admin/jobs/retry", post(retry_jobs))
        .route("/admin/jobs/{number}", post(act_on_job))
        .route("/admin/backups", post(back_up))
        .route("/admin/log", get(log))
        .merge(people::routes())
        .merge(rooms::routes())
        .merge(server::routes(upload_limit))
}

/// What the pages are asked for.
#[derive(Deserialize)]
struct AdminQuery {
    #[serde(default)]
    q: String,
    /// What was carried out before.
    done: Option<String>,
    #[serde(flatten)]
    notice: Notice,
}

impl AdminQuery {
    fn head(&self, open_reports: u64) -> Head<'_> {
        let is_done = self.done.as_deref() == Some("saved");
        Head { is_done, notice: self.notice.refusal(), q: self.q.trim(), open_reports }
    }
}

/// Returns the number beside the way to the reports.
pub(super) async fn open_reports(app: &App, me: &SignedIn) -> Result<u64> {
    Ok(app.open_reports(me.user.id).await?.unwrap_or_default())
}

/// Returns to a page of a list after a form, with its result. Who is no admin gets a page about that.
fn back_to(lang: Lang, path: &str, fields: &[(&str, &str)], result: Result<()>) -> PageResult {
    let result = match result {
        Err(error) if error.code == Code::Forbidden => return Err(PageError::Problem(error, lang)),
        result => result,
    };
    let mut address = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.append_pair(name, value);
    }
    match result {
        Ok(()) => address.append_pair("done", "saved"),
        Err(error) => address.extend_pairs(error_query(&error)),
    };
    Ok(redirect(&address.finish()))
}

/// `GET /admin`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<AdminQuery>,
) -> PageResult {
    let status = app.status(me.user.id).await.or_problem(caller.lang)?;
    let folder = app.config.backups.as_ref().map(|backups| backups.place.to_string());
    let page = OverviewPage {
        lang: caller.lang,
        head: query.head(open_reports(&app, &me).await.or_problem(caller.lang)?),
        samples: &status.samples,
        storage: &status.storage,
        jobs: &status.jobs,
        dead_jobs: &app.dead_jobs(me.user.id, None, Some(DEAD_JOBS)).await.or_problem(caller.lang)?,
        backups: status.backups.as_deref(),
        backup_folder: folder.as_deref().unwrap_or_default(),
        is_backup_begun: query.done.as_deref() == Some("backup"),
    };
    Ok(Html(page.html()).into_response())
}

/// `GET /admin/charts`: a part of the page, for its script.
async fn charts(State(app): State<App>, caller: Caller, me: SignedIn) -> Result<Html<String>> {
    let samples = app.samples(me.user.id).await?;
    Ok(Html(Charts { lang: caller.lang, samples: &samples }.html()))
}

/// `POST /admin/jobs/retry`
async fn retry_jobs(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>) -> PageResult {
    app.retry_jobs(me.user.id).await.or_problem(caller.lang)?;
    Ok(redirect("/admin?done=saved"))
}

/// The buttons of a job that was given up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum JobButton {
    Retry,
    Drop,
}

#[derive(Deserialize)]
struct JobForm {
    act: JobButton,
}

/// `POST /admin/jobs/{number}`
async fn act_on_job(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Path(number): Path<i64>,
    Form(form): Form<JobForm>,
) -> PageResult {
    let done = match form.act {
        JobButton::Retry => app.retry_job(me.user.id, number).await,
        JobButton::Drop => app.drop_job(me.user.id, number).await,
    };
    back_to(caller.lang, "/admin", &[], done)
}

/// `POST /admin/backups`
async fn back_up(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>) -> PageResult {
    match app.request_backup(me.user.id).await {
        Err(error) if error.code == Code::NotFound => Ok(redirect("/admin?refused=not_found")),
        done => {
            done.or_problem(caller.lang)?;
            Ok(redirect("/admin?done=backup"))
        }
    }
}

#[derive(Deserialize)]
struct LogQuery {
    before: Option<i64>,
}

/// `GET /admin/log`
async fn log(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<LogQuery>,
) -> PageResult {
    let entries = app.audit_log(me.user.id, query.before, None).await.or_problem(caller.lang)?;
    let is_full = entries.len() == app.config.limits.page_default as usize;
    let next = entries.last().filter(|_| is_full).map(|listed| listed.entry.number);
    let open_reports = open_reports(&app, &me).await.or_problem(caller.lang)?;
    let head = Head { is_done: false, notice: None, q: "", open_reports };
    Ok(Html(LogPage { lang: caller.lang, head, entries: &entries, next }.html()).into_response())
}
