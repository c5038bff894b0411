//! Signing up. Where only addresses of some domains may, a link is mailed first, and the form comes with the link.

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use serde::Deserialize;

use super::account::{is_guest, session_cookie};
use super::one_time_link::{link_error, parse_code};
use crate::chat::kinds::SignUpPolicy;
use crate::error::Code;
use crate::i18n::{Lang, any_name};
use crate::service::{App, SignUpLink};
use crate::view::problem::Problem;
use crate::view::sign_up::{SignUpLinkPage, SignUpPage, TypedSignUp};
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store, with_cookie};
use crate::web::page_error::page_with_error;
use crate::web::problem;
use crate::web::redirect::{after_sign_in, redirect};
use crate::wire::NewUser;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/signup", get(show).post(sign_up))
        .route("/signup/link", get(async || redirect("/signup")).post(mail_link))
        .route("/signup/{code}", get(show_with_code))
}

#[derive(Deserialize)]
struct SignUpQuery {
    next: Option<String>,
    /// The code of an invite.
    #[serde(default)]
    invite: String,
}

/// `GET /signup`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Query(query): Query<SignUpQuery>,
    headers: HeaderMap,
) -> Response {
    if me.as_ref().is_some_and(|me| !is_guest(me)) {
        return redirect("/me");
    }
    let next = after_sign_in(query.next.as_deref(), &headers);
    if app.server_settings().sign_up == SignUpPolicy::EmailDomain && app.has_mail() {
        return Html(link_page(&app, caller.lang, &me, "", &next).html()).into_response();
    }
    let typed = TypedSignUp { invite: query.invite, ..typed_name(&me, caller.lang) };
    Html(form_page(&app, caller.lang, &me, &typed, &next).html()).into_response()
}

/// `GET /signup/{code}`
async fn show_with_code(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Path(code): Path<String>,
    Query(query): Query<SignUpQuery>,
) -> Response {
    if me.as_ref().is_some_and(|me| !is_guest(me)) {
        return redirect("/me");
    }
    let found = match parse_code(&code) {
        Ok(token) => app.email_of_sign_up_link(token).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(email) => {
            let next = after_sign_in(query.next.as_deref(), &HeaderMap::new());
            let typed = TypedSignUp { email, code, ..typed_name(&me, caller.lang) };
            no_store(Html(form_page(&app, caller.lang, &me, &typed, &next).html()).into_response())
        }
        Err(error) => link_error(&error, caller.lang),
    }
}

#[derive(Deserialize)]
struct MailLink {
    email: String,
    #[serde(default)]
    next: String,
}

/// `POST /signup/link`: the same response whether or not the address has an account.
async fn mail_link(
    State(app): State<App>,
    caller: Caller,
    me: Option<SignedIn>,
    Form(form): Form<MailLink>,
) -> Response {
    let (lang, email) = (caller.lang, form.email.as_str());
    let next = after_sign_in(Some(&form.next), &HeaderMap::new());
    let link = SignUpLink { email: form.email.clone(), next: Some(next.clone()).filter(|next| next != "/") };
    match app.mail_sign_up_link(link, lang, caller.address).await {
        Ok(()) => {
            let page = SignUpLinkPage { is_sent: true, ..link_page(&app, lang, &me, email, &next) };
            Html(page.html()).into_response()
        }
        Err(error) if error.code == Code::NotFound => problem::error_page(&error, lang),
        Err(error) => {
            let problem = Problem::new(&error, "signUpLink", &["email"]);
            let page = SignUpLinkPage { problem: Some(&problem), ..link_page(&app, lang, &me, email, &next) };
            page_with_error(&error, page.html())
        }
    }
}

#[derive(Deserialize)]
struct SignUp {
    email: String,
    name: String,
    password: String,
    #[serde(default)]
    invite: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `POST /signup`
async fn sign_up(State(app): State<App>, caller: Caller, me: Option<SignedIn>, Form(form): Form<SignUp>) -> Response {
    let (lang, next) = (caller.lang, after_sign_in(Some(&form.next), &HeaderMap::new()));
    let SignUp { email, name, password, invite, code, .. } = form;
    let typed = TypedSignUp { email, name, invite, code };
    let new = NewUser {
        email: typed.email.clone(),
        password,
        name: Some(typed.name.clone()),
        invite: Some(typed.invite.clone()),
        code: Some(typed.code.clone()),
    };
    match app.sign_up(new.into(), me.as_ref().map(|me| &me.session), caller.into()).await {
        Ok(entered) => no_store(with_cookie(redirect(&next), session_cookie(&app, &entered.token))),
        Err(error) if error.code == Code::Gone => link_error(&error, lang),
        // The settings were changed while the form was open: now a link is needed first.
        Err(error) if error.field.as_deref() == Some("code") => {
            page_with_error(&error, link_page(&app, lang, &me, &typed.email, &next).html())
        }
        Err(error) => {
            let problem = Problem::new(&error, "signUp", &["email", "name", "password"]);
            let page = SignUpPage { problem: Some(&problem), ..form_page(&app, lang, &me, &typed, &next) };
            no_store(page_with_error(&error, page.html()))
        }
    }
}

/// Returns a form that proposes the guest's name, or a new one.
fn typed_name(me: &Option<SignedIn>, lang: Lang) -> TypedSignUp {
    let name = me.as_ref().map_or_else(|| any_name(lang), |me| me.user.name.clone());
    TypedSignUp { name, ..TypedSignUp::default() }
}

fn form_page<'a>(
    app: &App,
    lang: Lang,
    me: &'a Option<SignedIn>,
    typed: &'a TypedSignUp,
    next: &'a str,
) -> SignUpPage<'a> {
    let guest = me.as_ref().map(|me| &*me.user);
    SignUpPage { lang, guest, typed, server: app.server_settings(), has_mail: app.has_mail(), next, problem: None }
}

fn link_page<'a>(app: &App, lang: Lang, me: &'a Option<SignedIn>, email: &'a str, next: &'a str) -> SignUpLinkPage<'a> {
    let guest = me.as_ref().map(|me| &*me.user);
    SignUpLinkPage { lang, guest, email, next, server: app.server_settings(), is_sent: false, problem: None }
}
