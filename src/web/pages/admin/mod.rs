//! The pages for admins of the server.

mod people;
mod rooms;
mod server;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::error::{Code, Result};
use crate::service::App;
use crate::service::admin::Sample;
use crate::view::admin::{BackupRow, Charts, Head, LogPage, OverviewPage, Point, WaitingJobs};
use crate::web::extract::{Caller, SignedIn};
use crate::web::page_error::{OrLobby, OrPageError, PageResult};
use crate::web::redirect::{Notice, redirect};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/admin", get(show))
        .route("/admin/charts", get(charts))
        .route("/admin/jobs/retry", post(retry_jobs))
        .route("/admin/backups", post(back_up))
        .route("/admin/log", get(log))
        .merge(people::routes())
        .merge(rooms::routes())
        .merge(server::routes())
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
    fn head(&self) -> Head<'_> {
        Head { is_done: self.done.as_deref() == Some("saved"), notice: self.notice.code(), q: self.q.trim() }
    }
}

/// Returns to a page of a list after a form, with its result.
fn back_to(path: &str, fields: &[(&str, &str)], result: Result<()>) -> Response {
    let mut address = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        address.append_pair(name, value);
    }
    match result {
        Ok(()) => address.append_pair("done", "saved"),
        Err(error) => address.append_pair("refused", error.code.name()),
    };
    redirect(&address.finish())
}

fn points(samples: &[Sample]) -> Vec<Point> {
    let point = |sample: &Sample| Point {
        online: sample.online as f64,
        messages: sample.messages_a_minute,
        p99_ms: sample.send_p99_ms,
        memory: sample.memory_bytes as f64,
        disk: sample.disk_free_bytes as f64,
    };
    samples.iter().map(point).collect()
}

/// `GET /admin`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrLobby<SignedIn>,
    Query(query): Query<AdminQuery>,
) -> PageResult {
    let status = app.status(me.user.id).await.or_problem(caller.lang)?;
    let jobs = status.jobs.into_iter();
    let jobs: Vec<_> = jobs.map(|job| WaitingJobs { kind: job.kind, count: job.count, oldest: job.oldest }).collect();
    let rows = |backups: Vec<crate::service::admin::Backup>| -> Vec<BackupRow> {
        let backups = backups.into_iter();
        backups.map(|one| BackupRow { name: one.name, made_at: one.made_at, bytes: one.bytes }).collect()
    };
    let backups = status.backups.map(rows);
    let folder = app.config.backups.as_ref().map(|backups| backups.folder.display().to_string());
    let page = OverviewPage {
        lang: caller.lang,
        head: query.head(),
        points: &points(&status.samples),
        storage: &status.storage,
        jobs: &jobs,
        backups: backups.as_deref(),
        backup_folder: folder.as_deref().unwrap_or_default(),
        is_backup_begun: query.done.as_deref() == Some("backup"),
    };
    Ok(Html(page.html()).into_response())
}

/// `GET /admin/charts`: a part of the page, for its script.
async fn charts(State(app): State<App>, caller: Caller, me: SignedIn) -> Result<Html<String>> {
    let samples = app.samples(me.user.id).await?;
    Ok(Html(Charts { lang: caller.lang, points: &points(&samples) }.html()))
}

/// `POST /admin/jobs/retry`
async fn retry_jobs(State(app): State<App>, caller: Caller, me: OrLobby<SignedIn>) -> PageResult {
    app.retry_jobs(me.user.id).await.or_problem(caller.lang)?;
    Ok(redirect("/admin?done=saved"))
}

/// `POST /admin/backups`
async fn back_up(State(app): State<App>, caller: Caller, me: OrLobby<SignedIn>) -> PageResult {
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
    me: OrLobby<SignedIn>,
    Query(query): Query<LogQuery>,
) -> PageResult {
    let entries = app.audit_log(me.user.id, query.before, None).await.or_problem(caller.lang)?;
    let is_full = entries.len() == app.config.limits.page_default as usize;
    let next = entries.last().filter(|_| is_full).map(|(entry, _)| entry.number);
    let head = Head { is_done: false, notice: None, q: "" };
    Ok(Html(LogPage { lang: caller.lang, head, entries: &entries, next }.html()).into_response())
}
