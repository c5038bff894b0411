//! One-time links: opened by a GET, which uses nothing up, and used by the form they show.

use axum::extract::{Path, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::account::refused;
use super::caller::{Caller, Me};
use super::form::{Form, see, unstored, with_cookie};
use super::problem;
use crate::chat::link::LinkKind;
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::state::State;
use crate::view::account::{AdminPage, Done, ForgotPage, GonePage, Problem, ResetPage};
use crate::words::Lang;

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

async fn look(state: &State, kind: LinkKind, text: &str) -> Result<()> {
    state.look_at_link(kind, code(text)?).await
}

/// Who can become an admin: somebody with an account.
fn account(me: &Option<Me>) -> Option<&Me> {
    me.as_ref().filter(|me| me.user.kind == UserKind::Account)
}

/// `GET /admin/{code}`
pub(super) async fn show_admin(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Path(text): Path<String>,
) -> Response {
    if let Err(error) = look(&state, LinkKind::Admin, &text).await {
        return failed(&error, caller.lang);
    }
    let me = account(&me).map(|me| &*me.user);
    unstored(Html(AdminPage { lang: caller.lang, code: &text, me, problem: None }.html()).into_response())
}

/// `POST /admin/{code}`
pub(super) async fn become_admin(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Path(text): Path<String>,
) -> Response {
    let Some(me) = account(&me) else { return see(&format!("/login?next=/admin/{text}")) };
    let done = match code(&text) {
        Ok(code) => state.become_admin(&me.session, code).await,
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
pub(super) async fn show_forgot(Shared(state): Shared<State>, caller: Caller) -> Response {
    if !state.has_mail() {
        return problem::page(&Code::NotFound.into(), caller.lang);
    }
    Html(ForgotPage { lang: caller.lang, email: "", is_sent: false, problem: None }.html()).into_response()
}

#[derive(Deserialize)]
pub(super) struct Forgot {
    email: String,
}

/// `POST /forgot`: the same answer whether or not there is such an account.
pub(super) async fn forgot(Shared(state): Shared<State>, caller: Caller, Form(asked): Form<Forgot>) -> Response {
    let (lang, email) = (caller.lang, asked.email.as_str());
    match state.forgot_password(asked.email.clone(), lang, caller.address).await {
        Ok(()) => Html(ForgotPage { lang, email: "", is_sent: true, problem: None }.html()).into_response(),
        Err(error) if error.code == Code::NotFound => problem::page(&error, lang),
        Err(error) => {
            let problem = Problem::new(&error, "forgot", &["email"]);
            refused(&error, ForgotPage { lang, email, is_sent: false, problem: Some(&problem) }.html())
        }
    }
}

/// `GET /reset/{code}`
pub(super) async fn show_reset(Shared(state): Shared<State>, caller: Caller, Path(text): Path<String>) -> Response {
    match look(&state, LinkKind::Password, &text).await {
        Ok(()) => unstored(Html(ResetPage { lang: caller.lang, code: &text, problem: None }.html()).into_response()),
        Err(error) => failed(&error, caller.lang),
    }
}

#[derive(Deserialize)]
pub(super) struct Reset {
    password: String,
}

/// `POST /reset/{code}`
pub(super) async fn reset(
    Shared(state): Shared<State>,
    caller: Caller,
    Path(text): Path<String>,
    Form(asked): Form<Reset>,
) -> Response {
    let done = match code(&text) {
        Ok(code) => state.reset_password(code, asked.password, caller.address).await,
        Err(error) => Err(error),
    };
    match done {
        // Who was logged in here is so no more, whoever they were.
        Ok(()) => {
            let forget = cookie::forget_session(state.config.origins.is_https());
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
