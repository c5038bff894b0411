//! The users of the server, and the forms about one of them.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{AdminQuery, back_to, open_reports};
use crate::chat::admin::{Act, Show};
use crate::error::Result;
use crate::ids::UserId;
use crate::service::App;
use crate::view::admin::{Head, UsersPage};
use crate::web::extract::{Caller, SignedIn, UserPath};
use crate::web::form::{Form, no_store, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageResult};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/admin/people", get(show)).route("/admin/people/{userId}", post(act))
}

#[derive(Deserialize)]
struct PeopleQuery {
    #[serde(default)]
    show: Show,
    after: Option<UserId>,
    #[serde(flatten)]
    common: AdminQuery,
}

/// `GET /admin/people`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(query): Query<PeopleQuery>,
) -> PageResult {
    let q = query.common.q.trim().to_owned();
    let page = app.people(me.user.id, q, query.show, query.after, None).await.or_problem(caller.lang)?;
    let page = UsersPage {
        lang: caller.lang,
        head: query.common.head(open_reports(&app, &me).await.or_problem(caller.lang)?),
        me: me.user.id,
        show: query.show,
        people: &page.people,
        next: page.next,
        reset: None,
    };
    Ok(Html(page.html()).into_response())
}

/// The buttons of the page.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Button {
    Suspend,
    Restore,
    EndSessions,
    MakeAdmin,
    RemoveAdmin,
    Reset,
    Delete,
}

#[derive(Deserialize)]
struct PersonForm {
    act: Button,
    /// Empty for no end.
    #[serde(default)]
    hours: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    messages: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: Show,
}

/// `POST /admin/people/{userId}`
async fn act(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    user: UserPath,
    Form(form): Form<PersonForm>,
) -> PageResult {
    if form.act == Button::Reset {
        return reset(&app, &caller, me.user.id, user.id, &form).await;
    }
    let done = carry_out(&app, me.user.id, user.id, &form).await;
    back_to(caller.lang, "/admin/people", &[("q", &form.q), ("show", form.show.name())], done)
}

async fn carry_out(app: &App, me: UserId, user_id: UserId, form: &PersonForm) -> Result<()> {
    let act = match form.act {
        Button::Suspend => Act::Suspend { hours: number("hours", &form.hours)?, reason: Some(form.reason.clone()) },
        Button::Restore => Act::Restore,
        Button::EndSessions => Act::EndSessions,
        Button::MakeAdmin => Act::MakeAdmin,
        Button::RemoveAdmin => Act::RemoveAdmin,
        // A link is shown and not a redirect.
        Button::Reset => return Ok(()),
        Button::Delete => return app.delete_user(me, user_id, form.messages == "remove").await,
    };
    app.act_on_user(me, user_id, act).await
}

/// Shows the link beside its user, once: it is in no address.
async fn reset(app: &App, caller: &Caller, me: UserId, user_id: UserId, form: &PersonForm) -> PageResult {
    let link = app.reset_link_of(me, user_id).await.or_problem(caller.lang)?;
    let person = app.person(me, user_id).await.or_problem(caller.lang)?;
    let open_reports = app.open_reports(me).await.or_problem(caller.lang)?.unwrap_or_default();
    let page = UsersPage {
        lang: caller.lang,
        head: Head { is_done: false, notice: None, q: &form.q, open_reports },
        me,
        show: form.show,
        people: &[person],
        next: None,
        reset: Some((&link, user_id)),
    };
    Ok(no_store(Html(page.html()).into_response()))
}
