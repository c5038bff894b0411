//! One-time links: a GET shows the form, and only the form uses the link up.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::chat::one_time_link::LinkKind;
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::service::App;
use crate::view::account::{AdminPage, ContinuePage, Done, ForgotPage, GonePage, ResetPage, TransferPage};
use crate::view::problem::Problem;
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store, with_cookie};
use crate::web::page_error::{OrPageError, OrRedirect, PageResult, page_with_error};
use crate::web::redirect::{redirect, safe};
use crate::web::{problem, qr};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/admin/{code}", get(show_admin).post(become_admin))
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/reset/{code}", get(show_reset).post(reset))
        .route("/transfer", get(show_transfer).post(transfer))
        .route("/transfer/{code}", get(show_continue).post(continue_here))
        .route("/transfer/{code}/qr.svg", get(transfer_qr_code))
}

/// # Errors
/// `gone` for text that is no code.
pub(super) fn parse_code(text: &str) -> Result<Token> {
    text.parse().map_err(|_| Code::Gone.into())
}

/// Returns the page of a link that is used up, or of another error.
pub(super) fn link_error(error: &Error, lang: Lang) -> Response {
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
    // Other pages of admins are below the same path.
    if parse_code(&text).is_err() {
        return problem::error_page(&Code::NotFound.into(), caller.lang);
    }
    if let Err(error) = check_link(&app, LinkKind::Admin, &text).await {
        return link_error(&error, caller.lang);
    }
    let me = with_account(&me).map(|me| &*me.user);
    no_store(
        Html(AdminPage { lang: caller.lang, code: &text, me, server: &app.server_settings(), problem: None }.html())
            .into_response(),
    )
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
        Ok(()) => redirect("/admin"),
        Err(error) if error.code == Code::Forbidden => {
            let problem = Problem::new(&error, "admin", &[]);
            let page = AdminPage {
                lang: caller.lang,
                code: &text,
                me: Some(&me.user),
                server: &app.server_settings(),
                problem: Some(&problem),
            };
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
    match reset_page(&app, caller.lang, &text, None).await {
        Ok(html) => no_store(Html(html).into_response()),
        Err(error) => link_error(&error, caller.lang),
    }
}

async fn reset_page(app: &App, lang: Lang, text: &str, problem: Option<&Problem>) -> Result<String> {
    let link = app.password_link(parse_code(text)?).await?;
    Ok(ResetPage { lang, code: text, link: &link, server: &app.server_settings(), problem }.html())
}

#[derive(Deserialize)]
struct Reset {
    password: String,
}

/// `POST /reset/{code}`
async fn reset(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(text): Path<String>,
    Form(form): Form<Reset>,
) -> Response {
    let done = match parse_code(&text) {
        Ok(code) => app.reset_password(code, form.password, caller.address).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(user_id) => {
            let to_log_in = redirect(&format!("/login?done={}", Done::Reset.name()));
            // All sessions of the account have ended. A guest, or somebody else in this browser, keeps theirs.
            match me.is_some_and(|me| me.user.id != user_id) {
                true => to_log_in,
                false => with_cookie(to_log_in, cookie::forget_session(app.config.origins.is_https())),
            }
        }
        Err(error) if error.code == Code::Gone => link_error(&error, caller.lang),
        Err(error) => {
            let problem = Problem::new(&error, "reset", &["password"]);
            match reset_page(&app, caller.lang, &text, Some(&problem)).await {
                Ok(html) => no_store(page_with_error(&error, html)),
                Err(error) => link_error(&error, caller.lang),
            }
        }
    }
}

/// `GET /transfer`: a link must make no code, so it leads to the page with the button.
async fn show_transfer() -> Response {
    redirect("/me#transfer")
}

/// `POST /transfer`: makes a link to another device of the user.
async fn transfer(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, headers: HeaderMap) -> PageResult {
    let lang = caller.lang;
    let code = app.create_device_link(me.user.id).await.or_problem(lang)?.reveal();
    let address = transfer_address(&app, &headers, &code).or_problem(lang)?;
    let page = TransferPage { lang, address: &address, code: &code };
    Ok(no_store(Html(page.html()).into_response()))
}

/// `GET /transfer/{code}/qr.svg`
async fn transfer_qr_code(State(app): State<App>, Path(code): Path<String>, headers: HeaderMap) -> Result<Response> {
    parse_code(&code)?;
    let svg = qr::svg(&transfer_address(&app, &headers, &code)?)?;
    Ok(no_store(([(CONTENT_TYPE, "image/svg+xml")], svg).into_response()))
}

fn transfer_address(app: &App, headers: &HeaderMap, code: &str) -> Result<String> {
    let base = app.config.origins.address(headers).ok_or(Code::BadRequest)?;
    Ok(format!("{base}/transfer/{code}"))
}

#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

impl Next {
    /// Returns the page to go on with.
    fn path(&self) -> &str {
        self.next.as_deref().and_then(safe).unwrap_or("/")
    }
}

/// `GET /transfer/{code}`: says who would be signed in. Only the form does it, as apps look at links that are sent.
async fn show_continue(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(text): Path<String>,
    Query(next): Query<Next>,
) -> Response {
    let found = match parse_code(&text) {
        Ok(code) => app.user_of_device_link(code).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(user) if me.as_ref().is_some_and(|me| me.user.id == user.id) => redirect(next.path()),
        Ok(user) => {
            let me = me.as_ref().map(|me| &*me.user);
            let page = ContinuePage { lang: caller.lang, code: &text, user: &user, me, next: next.path() };
            no_store(Html(page.html()).into_response())
        }
        Err(error) => link_error(&error, caller.lang),
    }
}

/// `POST /transfer/{code}`
async fn continue_here(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(text): Path<String>,
    Form(next): Form<Next>,
) -> Response {
    let lang = caller.lang;
    let entered = match parse_code(&text) {
        Ok(code) => app.take_device_link(code, me.as_ref().map(|me| &me.session), caller.into()).await,
        Err(error) => Err(error),
    };
    match entered {
        Ok(entered) => {
            let cookie = cookie::set_session(&entered.token, app.config.origins.is_https());
            with_cookie(redirect(next.path()), cookie)
        }
        Err(error) => link_error(&error, lang),
    }
}
