//! The ways in and out: signing up, logging in, logging out.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Error, Result};
use crate::service::{App, SignUp};
use crate::view::account::{Done, LogInPage, Problem, SignUpPage};
use crate::web::back::onward;
use crate::web::caller::{Caller, Me};
use crate::web::form::{Form, see, unstored, with_cookie};

#[derive(Deserialize)]
pub(crate) struct SnapshotBatch {
    next: Option<String>,
    done: Option<String>,
}

impl SnapshotBatch {
    pub(crate) fn done(&self) -> Option<Done> {
        self.done.as_deref().and_then(Done::from_name)
    }
}

/// A page as the answer to a form that was refused.
pub(crate) fn refused(error: &Error, html: String) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(html)).into_response()
}

fn is_guest(me: &Me) -> bool {
    me.user.kind == UserKind::Guest
}

fn cookie_for(app: &App, token: &Token) -> HeaderValue {
    cookie::set_session(token, app.config.origins.is_https())
}

/// `GET /signup`
pub(crate) async fn show_sign_up(
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<SnapshotBatch>,
    headers: HeaderMap,
) -> Response {
    let next = onward(arrival.next.as_deref(), &headers);
    let guest = match &me {
        Some(me) if !is_guest(me) => return see("/me"),
        me => me.as_ref().map(|me| &*me.user),
    };
    let name = guest.map(|guest| guest.name.clone()).unwrap_or_else(|| crate::i18n::any_name(caller.lang));
    let page = SignUpPage { lang: caller.lang, guest, email: "", name: &name, next: &next, problem: None };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(crate) struct NewAccount {
    email: String,
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /signup`
pub(crate) async fn sign_up(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<NewAccount>,
) -> Response {
    let (lang, next) = (caller.lang, onward(Some(&form.next), &HeaderMap::new()));
    let new = SignUp { email: form.email.clone(), password: form.password, name: Some(form.name.clone()) };
    match app.sign_up(new, me.as_ref().map(|me| &me.session), caller.into()).await {
        Ok(entered) => unstored(with_cookie(see(&next), cookie_for(&app, &entered.token))),
        Err(error) => {
            let problem = Problem::new(&error, "signUp", &["email", "name", "password"]);
            let guest = me.as_ref().map(|me| &*me.user);
            let (email, name) = (form.email.as_str(), form.name.as_str());
            refused(&error, SignUpPage { lang, guest, email, name, next: &next, problem: Some(&problem) }.html())
        }
    }
}

/// `GET /login`
pub(crate) async fn show_log_in(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<SnapshotBatch>,
    headers: HeaderMap,
) -> Response {
    let next = onward(arrival.next.as_deref(), &headers);
    if me.as_ref().is_some_and(|me| !is_guest(me)) {
        return see(&next);
    }
    let page = LogInPage {
        lang: caller.lang,
        is_guest: me.is_some(),
        email: "",
        next: &next,
        has_mail: app.has_mail(),
        done: arrival.done(),
        problem: None,
    };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(crate) struct LogIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
pub(crate) async fn log_in(
    State(app): State<App>,
    caller: Caller,
    me: Option<Me>,
    Form(form): Form<LogIn>,
) -> Response {
    let (lang, next) = (caller.lang, onward(Some(&form.next), &HeaderMap::new()));
    let former = me.as_ref().map(|me| &me.session);
    match app.log_in(form.email.clone(), form.password, former, caller.into()).await {
        Ok(entered) => unstored(with_cookie(see(&next), cookie_for(&app, &entered.token))),
        Err(error) => {
            let problem = Problem::new(&error, "logIn", &[]);
            let page = LogInPage {
                lang,
                is_guest: me.as_ref().is_some_and(is_guest),
                email: &form.email,
                next: &next,
                has_mail: app.has_mail(),
                done: None,
                problem: Some(&problem),
            };
            refused(&error, page.html())
        }
    }
}

/// `GET /logout`: a link does nothing; the button for it is on one's own page.
pub(crate) async fn show_log_out() -> Response {
    see("/me")
}

/// `POST /logout`
pub(crate) async fn log_out(State(app): State<App>, me: Option<Me>) -> Result<Response> {
    if let Some(me) = me {
        app.log_out(&me.session).await?;
    }
    Ok(with_cookie(see("/"), cookie::forget_session(app.config.origins.is_https())))
}
