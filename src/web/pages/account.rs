//! Accounts: logging in, and the forms that change or delete an account.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::digest::email_page;
use super::me::{MyPage, Typed};
use super::one_time_link::parse_code;
use crate::chat::account::{Change, DirectFrom};
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::service::App;
use crate::view::account::{Done, EmailLink, LogInPage};
use crate::view::problem::{Problem, Suspension};
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store, with_cookie};
use crate::web::page_error::{OrRedirect, page_with_error};
use crate::web::redirect::{after_sign_in, redirect, redirect_back, redirect_with_error, referer};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(show_log_in).post(log_in))
        .route("/me", post(change))
        .route("/me/privacy", post(set_privacy))
        .route("/me/contact", post(set_contact))
        .route("/me/email", post(change_email))
        .route("/email/new/{code}", get(show_new_email).post(take_new_email))
        .route("/me/password", post(change_password))
        .route("/me/delete", post(delete_account))
}

#[derive(Deserialize)]
struct LogInQuery {
    next: Option<String>,
    done: Option<String>,
}

impl LogInQuery {
    fn done(&self) -> Option<Done> {
        self.done.as_deref().and_then(Done::from_name)
    }
}

pub(super) fn is_guest(me: &SignedIn) -> bool {
    me.user.kind == UserKind::Guest
}

pub(super) fn session_cookie(app: &App, token: &Token) -> HeaderValue {
    cookie::set_session(token, app.config.origins.is_https())
}

/// `GET /login`
async fn show_log_in(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Query(query): Query<LogInQuery>,
    headers: HeaderMap,
) -> Response {
    let next = after_sign_in(query.next.as_deref(), &headers);
    if me.as_ref().is_some_and(|me| !is_guest(me)) {
        return redirect(&next);
    }
    let page = LogInPage {
        lang: caller.lang,
        is_guest: me.is_some(),
        email: "",
        next: &next,
        has_mail: app.has_mail(),
        server: &app.server_settings(),
        done: query.done(),
        problem: None,
        suspension: None,
    };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
struct LogIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
async fn log_in(State(app): State<App>, caller: Caller, me: Option<SignedIn>, Form(form): Form<LogIn>) -> Response {
    let (lang, next) = (caller.lang, after_sign_in(Some(&form.next), &HeaderMap::new()));
    let former = me.as_ref().map(|me| &me.session);
    match app.log_in(form.email.clone(), form.password, former, caller.into()).await {
        Ok(entered) => no_store(with_cookie(redirect(&next), session_cookie(&app, &entered.token))),
        Err(error) => {
            let problem = Problem::new(&error, "logIn", &[]);
            let suspension = Suspension::new(&error);
            let page = LogInPage {
                lang,
                is_guest: me.as_ref().is_some_and(is_guest),
                email: &form.email,
                next: &next,
                has_mail: app.has_mail(),
                server: &app.server_settings(),
                done: None,
                problem: Some(&problem),
                suspension: suspension.as_ref(),
            };
            page_with_error(&error, page.html())
        }
    }
}

#[derive(Deserialize)]
struct Profile {
    name: String,
    /// Missing in the small form beside a room, which only renames.
    bio: Option<String>,
}

/// `POST /me`
async fn change(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    headers: HeaderMap,
    Form(form): Form<Profile>,
) -> Response {
    let Some(bio) = form.bio else {
        return match app.rename(&me.user, form.name).await {
            Ok(_) => redirect_back(&headers),
            Err(error) => redirect_with_error(&referer(&headers), &error),
        };
    };
    let typed = Typed { name: Some(form.name.clone()), bio: Some(bio.clone()), email: None };
    let change = Change { name: Some(form.name), bio: Some(bio), ..Change::default() };
    let result = app.change_account(&me.user, change, None, caller.lang, caller.address).await;
    MyPage::new(&app, &caller, &me).after(result, "profile", &["name", "bio"], typed).await
}

/// A browser does not send a box that is not ticked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetPrivacy {
    hides_presence: Option<String>,
    hides_reads: Option<String>,
}

/// `POST /me/privacy`
async fn set_privacy(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<SetPrivacy>,
) -> Response {
    let change = Change {
        hides_presence: Some(form.hides_presence.is_some()),
        hides_reads: Some(form.hides_reads.is_some()),
        ..Change::default()
    };
    let result = app.change_account(&me.user, change, None, caller.lang, caller.address).await;
    MyPage::new(&app, &caller, &me).after(result, "privacy", &[], Typed::default()).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetContact {
    direct_from: DirectFrom,
    listed: Option<String>,
}

/// `POST /me/contact`
async fn set_contact(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<SetContact>,
) -> Response {
    let (direct_from, listed) = (Some(form.direct_from), Some(form.listed.is_some()));
    let change = Change { direct_from, listed, ..Change::default() };
    let result = app.change_account(&me.user, change, None, caller.lang, caller.address).await;
    MyPage::new(&app, &caller, &me).after(result, "contact", &[], Typed::default()).await
}

#[derive(Deserialize)]
struct ChangeEmail {
    email: String,
    password: String,
}

/// `POST /me/email`
async fn change_email(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<ChangeEmail>,
) -> Response {
    let change = Change { email: Some(form.email.clone()), ..Change::default() };
    let result = app.change_account(&me.user, change, Some(form.password), caller.lang, caller.address).await;
    if let Ok((_, true)) = result {
        return redirect(&format!("/me?done={}", Done::Mailed.name()));
    }
    let typed = Typed { email: Some(form.email), ..Typed::default() };
    MyPage::new(&app, &caller, &me).after(result, "email", &["email", "password"], typed).await
}

/// `GET /email/new/{code}`: only the form changes anything, as mail servers open the links of a mail.
async fn show_new_email(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    let found = match parse_code(&text) {
        Ok(code) => app.new_email_of_link(code).await,
        Err(error) => Err(error),
    };
    email_page(&caller, found.map(EmailLink::New), false)
}

/// `POST /email/new/{code}`
async fn take_new_email(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    let done = match parse_code(&text) {
        Ok(code) => app.take_new_email(code).await,
        Err(error) => Err(error),
    };
    email_page(&caller, done.map(EmailLink::New), true)
}

#[derive(Deserialize)]
struct ChangePassword {
    current: String,
    password: String,
}

/// `POST /me/password`
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<ChangePassword>,
) -> Response {
    let result = app.change_password(&me.session, form.current, form.password).await;
    let fields = ["current", "password"];
    MyPage::new(&app, &caller, &me).after(result, "password", &fields, Typed::default()).await
}

#[derive(Deserialize)]
struct DeleteAccount {
    messages: String,
    password: Option<String>,
}

/// `POST /me/delete`
async fn delete_account(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<DeleteAccount>,
) -> Response {
    let result = app.delete_account(me.user.id, form.password, form.messages == "remove").await;
    if result.is_err() {
        return MyPage::new(&app, &caller, &me).after(result, "leave", &["password"], Typed::default()).await;
    }
    let forget = cookie::forget_session(app.config.origins.is_https());
    with_cookie(redirect(&format!("/login?done={}", Done::Left.name())), forget)
}
