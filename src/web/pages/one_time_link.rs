//! One-time links: opened by a GET, which uses nothing up, and used by the form they show.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::account::refused;
use crate::chat::one_time_link::LinkKind;
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::service::App;
use crate::view::account::{AdminPage, Done, ForgotPage, GonePage, Problem, ResetPage};
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, see, unstored, with_cookie};
use crate::web::problem;

/// # Errors
/// `gone` for what was never a code.
fn code(text: &str) -> Result<Token> {
    text.parse().map_err(|_| Code::Gone.into())
}

/// A link that does not open, or a fault.
fn failed(error: &Error, lang: Lang) -> Response {
    unstored(match error.code {
        Code::Gone => refused(error, GonePage { lang }.html()),
        _ => problem::page(error, lang),
    })
}

async fn look(app: &App, kind: LinkKind, text: &str) -> Result<()> {
    app.check_link(kind, code(text)?).await
}

/// Who can become an admin: somebody with an account.
fn account(me: &Option<Me>) -> Option<&Me> {
    me.as_ref().filter(|me| me.user.kind == UserKind::Account)
}

/// `GET /admin/{code}`
pub(crate) async fn show_admin(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Path(text): Path<String>,
) -> Response {
    if let Err(error) = look(&app, LinkKind::Admin, &text).await {
        return failed(&error, caller.lang);
    }
    let me = account(&me).map(|me| &*me.user);
    unstored(Html(AdminPage { lang: caller.lang, code: &text, me, problem: None }.html()).into_response())
}

/// `POST /admin/{code}`
pub(crate) async fn become_admin(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Path(text): Path<String>,
) -> Response {
    let Some(me) = account(&me) else { return see(&format!("/login?next=/admin/{text}")) };
    let done = match code(&text) {
        Ok(code) => app.become_admin(&me.session, code).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => see(&format!("/me?done={}", Done::Admin.name())),
        Err(error) if error.code == Code::Forbidden => {
            let problem = Problem::new(&error, "admin", &[]);
            let page = AdminPage { lang: caller.lang, code: &text, me: Some(&me.user), problem: Some(&problem) };
            unstored(refused(&error, page.html()))
        }
        Err(error) => failed(&error, caller.lang),
    }
}

/// `GET /forgot`: only where letters can be sent.
pub(crate) async fn show_forgot(State(app): State<App>, caller: Caller) -> Response {
    if !app.has_mail() {
        return problem::page(&Code::NotFound.into(), caller.lang);
    }
    Html(ForgotPage { lang: caller.lang, email: "", is_sent: false, problem: None }.html()).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Forgot {
    email: String,
}

/// `POST /forgot`: the same answer whether or not there is such an account.
pub(crate) async fn forgot(State(app): State<App>, caller: Caller, Form(form): Form<Forgot>) -> Response {
    let (lang, email) = (caller.lang, form.email.as_str());
    match app.forgot_password(form.email.clone(), lang, caller.address).await {
        Ok(()) => Html(ForgotPage { lang, email: "", is_sent: true, problem: None }.html()).into_response(),
        Err(error) if error.code == Code::NotFound => problem::page(&error, lang),
        Err(error) => {
            let problem = Problem::new(&error, "forgot", &["email"]);
            refused(&error, ForgotPage { lang, email, is_sent: false, problem: Some(&problem) }.html())
        }
    }
}

/// `GET /reset/{code}`
pub(crate) async fn show_reset(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    match look(&app, LinkKind::Password, &text).await {
        Ok(()) => unstored(Html(ResetPage { lang: caller.lang, code: &text, problem: None }.html()).into_response()),
        Err(error) => failed(&error, caller.lang),
    }
}

#[derive(Deserialize)]
pub(crate) struct Reset {
    password: String,
}

/// `POST /reset/{code}`
pub(crate) async fn reset(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    Form(form): Form<Reset>,
) -> Response {
    let done = match code(&text) {
        Ok(code) => app.reset_password(code, form.password, caller.address).await,
        Err(error) => Err(error),
    };
    match done {
        // Who was logged in here is so no more, whoever they were.
        Ok(()) => {
            let forget = cookie::forget_session(app.config.origins.is_https());
            with_cookie(see(&format!("/login?done={}", Done::Reset.name())), forget)
        }
        Err(error) if error.code == Code::Gone => failed(&error, caller.lang),
        Err(error) => {
            let problem = Problem::new(&error, "reset", &["password"]);
            let page = ResetPage { lang: caller.lang, code: &text, problem: Some(&problem) };
            unstored(refused(&error, page.html()))
        }
    }
}
