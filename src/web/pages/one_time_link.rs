//! One-time links: a GET shows the form, and only the form uses the link up.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::chat::one_time_link::LinkKind;
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::service::App;
use crate::view::account::{AdminPage, Done, ForgotPage, GonePage, Problem, ResetPage};
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store, with_cookie};
use crate::web::page_error::page_with_error;
use crate::web::problem;
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/admin/{code}", get(show_admin).post(become_admin))
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/reset/{code}", get(show_reset).post(reset))
}

/// # Errors
/// `gone` for text that is no code.
fn parse_code(text: &str) -> Result<Token> {
    text.parse().map_err(|_| Code::Gone.into())
}

/// Returns the page of a link that is used up, or of another error.
fn link_error(error: &Error, lang: Lang) -> Response {
    no_store(match error.code {
        Code::Gone => page_with_error(error, GonePage { lang }.html()),
        _ => problem::error_page(error, lang),
    })
}

async fn check_link(app: &App, kind: LinkKind, text: &str) -> Result<()> {
    app.check_link(kind, parse_code(text)?).await
}

/// Returns the user if they have an account; a guest cannot become an admin.
fn with_account(me: &Option<SignedIn>) -> Option<&SignedIn> {
    me.as_ref().filter(|me| me.user.kind == UserKind::Account)
}

/// `GET /admin/{code}`
async fn show_admin(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(text): Path<String>,
) -> Response {
    if let Err(error) = check_link(&app, LinkKind::Admin, &text).await {
        return link_error(&error, caller.lang);
    }
    let me = with_account(&me).map(|me| &*me.user);
    no_store(Html(AdminPage { lang: caller.lang, code: &text, me, problem: None }.html()).into_response())
}

/// `POST /admin/{code}`
async fn become_admin(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(text): Path<String>,
) -> Response {
    let code = match parse_code(&text) {
        Ok(code) => code,
        Err(error) => return link_error(&error, caller.lang),
    };
    let Some(me) = with_account(&me) else { return redirect(&format!("/login?next=/admin/{text}")) };
    match app.become_admin(&me.session, code).await {
        Ok(()) => redirect(&format!("/me?done={}", Done::Admin.name())),
        Err(error) if error.code == Code::Forbidden => {
            let problem = Problem::new(&error, "admin", &[]);
            let page = AdminPage { lang: caller.lang, code: &text, me: Some(&me.user), problem: Some(&problem) };
            no_store(page_with_error(&error, page.html()))
        }
        Err(error) => link_error(&error, caller.lang),
    }
}

/// `GET /forgot`: only where the server can send e-mail.
async fn show_forgot(State(app): State<App>, caller: Caller) -> Response {
    if !app.has_mail() {
        return problem::error_page(&Code::NotFound.into(), caller.lang);
    }
    Html(ForgotPage { lang: caller.lang, email: "", is_sent: false, problem: None }.html()).into_response()
}

#[derive(Deserialize)]
struct Forgot {
    email: String,
}

/// `POST /forgot`: the same response whether or not the account exists.
async fn forgot(State(app): State<App>, caller: Caller, Form(form): Form<Forgot>) -> Response {
    let (lang, email) = (caller.lang, form.email.as_str());
    match app.forgot_password(form.email.clone(), lang, caller.address).await {
        Ok(()) => Html(ForgotPage { lang, email: "", is_sent: true, problem: None }.html()).into_response(),
        Err(error) if error.code == Code::NotFound => problem::error_page(&error, lang),
        Err(error) => {
            let problem = Problem::new(&error, "forgot", &["email"]);
            page_with_error(&error, ForgotPage { lang, email, is_sent: false, problem: Some(&problem) }.html())
        }
    }
}

/// `GET /reset/{code}`
async fn show_reset(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    match check_link(&app, LinkKind::Password, &text).await {
        Ok(()) => no_store(Html(ResetPage { lang: caller.lang, code: &text, problem: None }.html()).into_response()),
        Err(error) => link_error(&error, caller.lang),
    }
}

#[derive(Deserialize)]
struct Reset {
    password: String,
}

/// `POST /reset/{code}`
async fn reset(State(app): State<App>, caller: Caller, Path(text): Path<String>, Form(form): Form<Reset>) -> Response {
    let done = match parse_code(&text) {
        Ok(code) => app.reset_password(code, form.password, caller.address).await,
        Err(error) => Err(error),
    };
    match done {
        // All sessions of the account have ended.
        Ok(()) => {
            let forget = cookie::forget_session(app.config.origins.is_https());
            with_cookie(redirect(&format!("/login?done={}", Done::Reset.name())), forget)
        }
        Err(error) if error.code == Code::Gone => link_error(&error, caller.lang),
        Err(error) => {
            let problem = Problem::new(&error, "reset", &["password"]);
            let page = ResetPage { lang: caller.lang, code: &text, problem: Some(&problem) };
            no_store(page_with_error(&error, page.html()))
        }
    }
}
