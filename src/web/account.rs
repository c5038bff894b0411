//! The ways in and out: signing up, logging in, logging out.

use axum::extract::{Query, State as Shared};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use super::back::onward;
use super::caller::{Caller, Me};
use super::form::{Form, see, unstored, with_cookie};
use crate::chat::session::Token;
use crate::chat::user::UserKind;
use crate::cookie;
use crate::error::{Error, Result};
use crate::state::{SignUp, State};
use crate::view::account::{Done, LogInPage, Problem, SignUpPage};

#[derive(Deserialize)]
pub(super) struct Arrival {
    next: Option<String>,
    done: Option<String>,
}

impl Arrival {
    pub(super) fn done(&self) -> Option<Done> {
        self.done.as_deref().and_then(Done::from_name)
    }
}

/// A page as the answer to a form that was refused.
pub(super) fn refused(error: &Error, html: String) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Html(html)).into_response()
}

fn is_guest(me: &Me) -> bool {
    me.user.kind == UserKind::Guest
}

fn cookie_for(state: &State, token: &Token) -> HeaderValue {
    cookie::set_session(token, state.config.origins.is_https())
}

/// `GET /signup`
pub(super) async fn show_sign_up(
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<Arrival>,
    headers: HeaderMap,
) -> Response {
    let next = onward(arrival.next.as_deref(), &headers);
    let guest = match &me {
        Some(me) if !is_guest(me) => return see("/me"),
        me => me.as_ref().map(|me| &*me.user),
    };
    let name = guest.map(|guest| guest.name.clone()).unwrap_or_else(|| crate::words::any_name(caller.lang));
    let page = SignUpPage { lang: caller.lang, guest, email: "", name: &name, next: &next, problem: None };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(super) struct NewAccount {
    email: String,
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /signup`
pub(super) async fn sign_up(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<NewAccount>,
) -> Response {
    let (lang, next) = (caller.lang, onward(Some(&asked.next), &HeaderMap::new()));
    let new = SignUp { email: asked.email.clone(), password: asked.password, name: Some(asked.name.clone()) };
    match state.sign_up(new, me.as_ref().map(|me| &me.session), caller.into()).await {
        Ok(entered) => unstored(with_cookie(see(&next), cookie_for(&state, &entered.token))),
        Err(error) => {
            let problem = Problem::new(&error, "signUp", &["email", "name", "password"]);
            let guest = me.as_ref().map(|me| &*me.user);
            let (email, name) = (asked.email.as_str(), asked.name.as_str());
            refused(&error, SignUpPage { lang, guest, email, name, next: &next, problem: Some(&problem) }.html())
        }
    }
}

/// `GET /login`
pub(super) async fn show_log_in(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Query(arrival): Query<Arrival>,
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
        has_mail: state.has_mail(),
        done: arrival.done(),
        problem: None,
    };
    Html(page.html()).into_response()
}

#[derive(Deserialize)]
pub(super) struct LogIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
pub(super) async fn log_in(
    Shared(state): Shared<State>,
    caller: Caller,
    me: Option<Me>,
    Form(asked): Form<LogIn>,
) -> Response {
    let (lang, next) = (caller.lang, onward(Some(&asked.next), &HeaderMap::new()));
    let former = me.as_ref().map(|me| &me.session);
    match state.log_in(asked.email.clone(), asked.password, former, caller.into()).await {
        Ok(entered) => unstored(with_cookie(see(&next), cookie_for(&state, &entered.token))),
        Err(error) => {
            let problem = Problem::new(&error, "logIn", &[]);
            let page = LogInPage {
                lang,
                is_guest: me.as_ref().is_some_and(is_guest),
                email: &asked.email,
                next: &next,
                has_mail: state.has_mail(),
                done: None,
                problem: Some(&problem),
            };
            refused(&error, page.html())
        }
    }
}

/// `GET /logout`: a link does nothing; the button for it is on one's own page.
pub(super) async fn show_log_out() -> Response {
    see("/me")
}

/// `POST /logout`
pub(super) async fn log_out(Shared(state): Shared<State>, me: Option<Me>) -> Result<Response> {
    if let Some(me) = me {
        state.log_out(&me.session).await?;
    }
    Ok(with_cookie(see("/"), cookie::forget_session(state.config.origins.is_https())))
}
