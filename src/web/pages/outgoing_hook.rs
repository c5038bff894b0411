//! The forms of outgoing webhooks of a room or of the server, the page of those of the server, and of their deliveries.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use super::admin::open_reports;
use super::hook;
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook::{OutgoingHook, Scope};
use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::secret::Secret;
use crate::service::{App, OutgoingHookRequest};
use crate::view::admin::{Head, HooksPage};
use crate::view::{DeliveriesPage, Fresh};
use crate::web::extract::{Caller, HookPath, ScopePath, SignedIn};
use crate::web::form::{Form, no_store};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/room/{id}/outgoing-hooks", post(create))
        .route("/room/{id}/outgoing-hooks/{hookId}", get(show))
        .route("/room/{id}/outgoing-hooks/{hookId}/rotate", post(rotate))
        .route("/room/{id}/outgoing-hooks/{hookId}/resume", post(resume))
        .route("/room/{id}/outgoing-hooks/{hookId}/delete", post(revoke))
        .route("/room/{id}/outgoing-hooks/{hookId}/replay", post(replay))
        .route("/admin/hooks", get(list))
        .route("/admin/outgoing-hooks", post(create))
        .route("/admin/outgoing-hooks/{hookId}", get(show))
        .route("/admin/outgoing-hooks/{hookId}/rotate", post(rotate))
        .route("/admin/outgoing-hooks/{hookId}/resume", post(resume))
        .route("/admin/outgoing-hooks/{hookId}/delete", post(revoke))
        .route("/admin/outgoing-hooks/{hookId}/replay", post(replay))
}

/// `GET /admin/hooks`
async fn list(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(notice): Query<Notice>,
) -> PageResult {
    server_page(&app, &caller, &me, None, notice.refusal()).await
}

/// `POST …/outgoing-hooks`: an address, and each event that is ticked. The key is in the answer and nowhere else.
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    Form(form): Form<HashMap<String, String>>,
) -> PageResult {
    let new = OutgoingHookRequest {
        url: form.get("url").cloned().unwrap_or_default(),
        events: HookEvent::ALL.into_iter().filter(|event| form.contains_key(event.as_str())).collect(),
        includes_bots: form.contains_key("includesBots"),
    };
    let created = app.create_outgoing_hook(me.user.id, path.scope, new).await;
    show_key(&app, &caller, &me, path.scope, created).await
}

/// `POST …/outgoing-hooks/{hookId}/rotate`: shows the new key likewise.
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    hook: HookPath,
) -> PageResult {
    let rotated = app.rotate_outgoing_hook(me.user.id, path.scope, hook.id).await;
    show_key(&app, &caller, &me, path.scope, rotated).await
}

/// `POST …/outgoing-hooks/{hookId}/resume`
async fn resume(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    hook: HookPath,
) -> PageResult {
    or_page(app.resume_outgoing_hook(me.user.id, path.scope, hook.id).await, path.scope, caller.lang)?;
    Ok(redirect(&list_path(path.scope)))
}

/// `POST …/outgoing-hooks/{hookId}/delete`
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    hook: HookPath,
) -> PageResult {
    or_page(app.revoke_outgoing_hook(me.user.id, path.scope, hook.id).await, path.scope, caller.lang)?;
    Ok(redirect(&list_path(path.scope)))
}

/// `GET …/outgoing-hooks/{hookId}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    hook: HookPath,
) -> PageResult {
    let (me, scope) = (me.user.id, path.scope);
    let hooks = or_page(app.outgoing_hooks(me, scope).await, scope, caller.lang)?;
    let found = hooks.into_iter().find(|found| found.id == hook.id);
    let found = or_page(found.ok_or(Code::NotFound.into()), scope, caller.lang)?;
    let deliveries = or_page(app.deliveries(me, scope, hook.id, None, None).await, scope, caller.lang)?;
    let (back, base) = (list_path(scope), hooks_path(scope));
    let page = DeliveriesPage { lang: caller.lang, back: &back, base: &base, hook: &found, deliveries: &deliveries };
    Ok(Html(page.html()).into_response())
}

#[derive(Deserialize)]
struct Replay {
    id: String,
}

/// `POST …/outgoing-hooks/{hookId}/replay`
async fn replay(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    path: OrRedirect<ScopePath>,
    hook: HookPath,
    Form(form): Form<Replay>,
) -> PageResult {
    let delivery = form.id.parse().map_err(|_| PageError::Plain(Code::NotFound.into()))?;
    or_page(app.replay_delivery(me.user.id, path.scope, hook.id, delivery).await, path.scope, caller.lang)?;
    Ok(redirect(&format!("{}/{}", hooks_path(path.scope), hook.id)))
}

async fn show_key(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    scope: Scope,
    made: Result<(OutgoingHook, Secret)>,
) -> PageResult {
    let (hook, key) = or_page(made, scope, caller.lang)?;
    let fresh = Fresh::Key(&hook, key.reveal());
    match scope {
        Scope::Room(room_id) => hook::page(app, caller, me, room_id, Some(fresh), None).await,
        Scope::Server => server_page(app, caller, me, Some(fresh), None).await,
    }
}

async fn server_page(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    fresh: Option<Fresh<'_>>,
    notice: Option<(Code, &str)>,
) -> PageResult {
    let outgoing = app.outgoing_hooks(me.user.id, Scope::Server).await.or_problem(caller.lang)?;
    let open_reports = open_reports(app, me).await.or_problem(caller.lang)?;
    let head = Head { is_done: false, notice, q: "", open_reports };
    let page = HooksPage { lang: caller.lang, head, outgoing: &outgoing, fresh };
    Ok(no_store(Html(page.html()).into_response()))
}

/// Leads back to the list with what may be mended there.
fn or_page<T>(result: Result<T>, scope: Scope, lang: Lang) -> Result<T, PageError> {
    match (result, scope) {
        (result, Scope::Room(room_id)) => hook::or_page(result, room_id),
        (Err(error), Scope::Server) if error.code == Code::Forbidden => Err(PageError::Problem(error, lang)),
        (Err(error), Scope::Server) => Err(PageError::to(list_path(scope), error)),
        (Ok(done), Scope::Server) => Ok(done),
    }
}

/// Returns the path of the page with the hooks.
fn list_path(scope: Scope) -> String {
    match scope {
        Scope::Room(room_id) => hook::hooks_path(room_id),
        Scope::Server => "/admin/hooks".to_owned(),
    }
}

/// Returns the path of the forms of the hooks.
fn hooks_path(scope: Scope) -> String {
    match scope {
        Scope::Room(room_id) => format!("/room/{room_id}/outgoing-hooks"),
        Scope::Server => "/admin/outgoing-hooks".to_owned(),
    }
}
