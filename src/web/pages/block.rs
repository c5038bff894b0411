//! Blocking a user, by form.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use serde::Deserialize;

use super::me::{MyPage, Typed};
use crate::error::Result;
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::OrRedirect;
use crate::web::redirect::{redirect, redirect_with_error, referer};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/me/blocks", post(set))
}

/// Somebody to put on one of one's lists of people, or to take off it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetPerson {
    pub(super) user_id: UserId,
    on: String,
}

impl SetPerson {
    pub(super) fn is_on(&self) -> bool {
        self.on == "on"
    }
}

/// `POST /me/blocks`
async fn set(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    headers: HeaderMap,
    Form(form): Form<SetPerson>,
) -> Response {
    let result = match form.is_on() {
        true => app.block(me.user.id, form.user_id).await,
        false => app.unblock(me.user.id, form.user_id).await,
    };
    after_set(&app, &caller, &me, &headers, result, "blocks").await
}

/// Leads back to the page that has sent the form: the settings, or a room.
pub(super) async fn after_set(
    app: &App,
    caller: &Caller,
    me: &SignedIn,
    headers: &HeaderMap,
    result: Result<()>,
    form: &'static str,
) -> Response {
    let path = referer(headers);
    match result {
        _ if path == "/me" => MyPage::new(app, caller, me).after(result, form, &[], Typed::default()).await,
        Ok(()) => redirect(&path),
        Err(error) => redirect_with_error(&path, &error),
    }
}
