//! Mail for what was missed: the choice, the link that confirms an address, and the one that unsubscribes. Only forms do
//! anything, as mail servers open the links of a mail.

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::me::{MyPage, Typed};
use super::one_time_link::{link_error, parse_code};
use crate::error::{Error, Result};
use crate::service::App;
use crate::view::account::{EmailLink, EmailPage};
use crate::web::extract::{Caller, Path, SignedIn};
use crate::web::form::{Form, no_store};
use crate::web::page_error::OrRedirect;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/digest", post(set))
        .route("/email/{code}", get(show_confirm).post(confirm))
        .route("/unsubscribe/{link}", get(show_unsubscribe).post(unsubscribe))
}

#[derive(Deserialize)]
struct SetDigest {
    /// Empty for no mail.
    minutes: String,
}

impl SetDigest {
    fn minutes(&self) -> Result<Option<i64>> {
        let chosen = Some(self.minutes.as_str()).filter(|minutes| !minutes.is_empty());
        let parse = |minutes: &str| minutes.parse().map_err(|_| Error::invalid("minutes", "minutes must be a number"));
        chosen.map(parse).transpose()
    }
}

/// `POST /me/digest`
async fn set(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<SetDigest>,
) -> Response {
    let result = match form.minutes() {
        Ok(minutes) => app.set_digest(me.user.id, minutes, caller.lang).await.map(drop),
        Err(error) => Err(error),
    };
    MyPage::new(&app, &caller, &me).after(result, "digest", &[], Typed::default()).await
}

/// `GET /email/{code}`
async fn show_confirm(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    let found = match parse_code(&text) {
        Ok(code) => app.check_email_link(code).await,
        Err(error) => Err(error),
    };
    email_page(&caller, found.map(|()| EmailLink::Confirm), false)
}

/// `POST /email/{code}`
async fn confirm(State(app): State<App>, caller: Caller, Path(text): Path<String>) -> Response {
    let done = match parse_code(&text) {
        Ok(code) => app.confirm_email(code).await,
        Err(error) => Err(error),
    };
    email_page(&caller, done.map(|()| EmailLink::Confirm), true)
}

/// `GET /unsubscribe/{link}`
async fn show_unsubscribe(State(app): State<App>, caller: Caller, Path(link): Path<String>) -> Response {
    email_page(&caller, app.check_unsubscribe_link(&link).await.map(|_| EmailLink::Unsubscribe), false)
}

/// `POST /unsubscribe/{link}`: also the one click of RFC 8058, from the server of the user's mailbox.
async fn unsubscribe(State(app): State<App>, caller: Caller, Path(link): Path<String>) -> Response {
    email_page(&caller, app.unsubscribe_by_link(&link).await.map(|()| EmailLink::Unsubscribe), true)
}

/// Shows what a link of an e-mail does, or has done.
pub(super) fn email_page(caller: &Caller, link: Result<EmailLink>, is_done: bool) -> Response {
    match link {
        Ok(link) => no_store(Html(EmailPage { lang: caller.lang, link, is_done }.html()).into_response()),
        Err(error) => link_error(&error, caller.lang),
    }
}
