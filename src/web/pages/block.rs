//! Blocking a user, by form.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use serde::Deserialize;

use super::me::{MyPage, Typed};
use crate::ids::UserId;
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::Form;
use crate::web::page_error::OrLobby;
use crate::web::redirect::{redirect, redirect_with_error, referer};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/me/blocks", post(set))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetBlock {
    user_id: UserId,
    on: String,
}

/// `POST /me/blocks`
async fn set(
    State(app): State<App>,
    caller: Caller,
    me: OrLobby<SignedIn>,
    headers: HeaderMap,
    Form(form): Form<SetBlock>,
) -> Response {
    let result = match form.on.as_str() {
        "on" => app.block(me.user.id, form.user_id).await,
        _ => app.unblock(me.user.id, form.user_id).await,
    };
    let path = referer(&headers);
    match result {
        _ if path == "/me" => MyPage::new(&app, &caller, &me).after(result, "blocks", &[], Typed::default()).await,
        Ok(()) => redirect(&path),
        Err(error) => redirect_with_error(&path, error.code),
    }
}
