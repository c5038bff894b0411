//! The users of the server, and the forms about one of them.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{AdminQuery, back_to, open_reports};
use crate::chat::admin::{Act, Person, Show};
use crate::error::Result;
use crate::ids::UserId;
use crate::service::App;
use crate::view::admin::{Head, MadeLink, TypedAccount, UsersPage};
use crate::web::extract::{Caller, SignedIn, UserPath};
use crate::web::form::{Form, no_store, number};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult, page_with_error};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/admin/people", get(show).post(create)).route("/admin/people/{userId}", post(act))
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
    let head = query.common.head(open_reports(&app, &me).await.or_problem(caller.lang)?);
    let html = list(&app, &caller, &me, head, query.show, query.after, None).await?;
    Ok(Html(html).into_response())
}

/// Returns a page of users. `typed` is what was refused for a new account.
async fn list(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    head: Head<'_>,
    show: Show,
    after: Option<UserId>,
    typed: Option<&TypedAccount>,
) -> Result<String, PageError> {
    let page = app.people(me.user.id, head.q.to_owned(), show, after, None).await.or_problem(caller.lang)?;
    let (lang, me, people, next) = (caller.lang, me.user.id, &page.people, page.next);
    Ok(UsersPage { lang, head, me, show, people, next, made: None, typed }.html())
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
        return reset(&app, &caller, &me, user.id, &form).await;
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

/// Makes a link for a new password.
async fn reset(app: &App, caller: &Caller, me: &SignedIn, user_id: UserId, form: &PersonForm) -> PageResult {
    let link = app.reset_link_of(me.user.id, user_id).await.or_problem(caller.lang)?;
    let person = app.person(me.user.id, user_id).await.or_problem(caller.lang)?;
    let made = MadeLink { user_id, link: &link, is_first: false };
    show_link(app, caller, me, &person, made, &form.q, form.show).await
}

#[derive(Deserialize)]
struct AccountForm {
    #[serde(flatten)]
    typed: TypedAccount,
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: Show,
}

/// `POST /admin/people`
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<AccountForm>,
) -> PageResult {
    let AccountForm { typed, q, show } = form;
    match app.create_account(me.user.id, typed.email.clone(), typed.name.clone()).await {
        Ok((person, link)) => {
            let made = MadeLink { user_id: person.user.id, link: &link, is_first: true };
            show_link(&app, &caller, &me, &person, made, &q, show).await
        }
        Err(error) => {
            let notice = Some((error.code, error.field.as_deref().unwrap_or_default()));
            let open_reports = open_reports(&app, &me).await.or_problem(caller.lang)?;
            let head = Head { is_done: false, notice, q: &q, open_reports };
            let html = list(&app, &caller, &me, head, show, None, Some(&typed)).await?;
            Ok(page_with_error(&error, html))
        }
    }
}

/// Shows a link beside its user, once: it is in no address.
async fn show_link(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    person: &Person,
    made: MadeLink<'_>,
    q: &str,
    show: Show,
) -> PageResult {
    let open_reports = open_reports(app, me).await.or_problem(caller.lang)?;
    let head = Head { is_done: false, notice: None, q, open_reports };
    let (me, people) = (me.user.id, std::slice::from_ref(person));
    let page = UsersPage { lang: caller.lang, head, me, show, people, next: None, made: Some(made), typed: None };
    Ok(no_store(Html(page.html()).into_response()))
}
