//! The page of one's bots.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};

use crate::chat::bot::Bot;
use crate::chat::kinds::BotRight;
use crate::chat::session::Token;
use crate::error::{Code, Result};
use crate::service::App;
use crate::view::BotsPage;
use crate::web::extract::{Caller, SignedIn, UserPath};
use crate::web::form::{Form, no_store};
use crate::web::page_error::{OrPageError, OrRedirect, PageError, PageResult};
use crate::web::redirect::{Notice, redirect};

const PATH: &str = "/me/bots";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/bots", get(show).post(create))
        .route("/me/bots/{userId}/rotate", post(rotate))
        .route("/me/bots/{userId}/delete", post(delete))
}

/// `GET /me/bots`
async fn show(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Query(notice): Query<Notice>,
) -> PageResult {
    page(&app, &caller, &me, None, notice.code()).await
}

/// `POST /me/bots`: a name, and each right that is ticked. The key is in the answer and nowhere else.
async fn create(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<HashMap<String, String>>,
) -> PageResult {
    let name = form.get("name").cloned().unwrap_or_default();
    let rights = BotRight::ALL.into_iter().filter(|right| form.contains_key(right.as_str())).collect();
    let created = back(app.create_bot(me.user.id, name, rights).await)?;
    page(&app, &caller, &me, Some(created), None).await
}

/// `POST /me/bots/{userId}/rotate`: shows the new key likewise.
async fn rotate(State(app): State<App>, caller: Caller, me: OrRedirect<SignedIn>, bot: UserPath) -> PageResult {
    let rotated = back(app.rotate_bot(me.user.id, bot.id, None).await)?;
    page(&app, &caller, &me, Some(rotated), None).await
}

/// `POST /me/bots/{userId}/delete`
async fn delete(State(app): State<App>, me: OrRedirect<SignedIn>, bot: UserPath) -> PageResult {
    back(app.delete_bot(me.user.id, bot.id).await)?;
    Ok(redirect(PATH))
}

async fn page(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    fresh: Option<(Bot, Token)>,
    notice: Option<Code>,
) -> PageResult {
    let bots = app.bots(me.user.id).await.or_problem(caller.lang)?;
    let key = fresh.as_ref().map(|(_, key)| key.reveal()).unwrap_or_default();
    let fresh = fresh.as_ref().map(|(bot, _)| (bot, key.as_str()));
    let page = BotsPage { lang: caller.lang, bots: &bots, fresh, notice };
    Ok(no_store(Html(page.html()).into_response()))
}

/// Leads back to this page with the reason.
fn back<T>(result: Result<T>) -> Result<T, PageError> {
    result.map_err(|error| PageError::to(PATH, error))
}
