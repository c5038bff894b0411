//! Logging out here and elsewhere.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::me::{MyPage, Typed};
use crate::cookie;
use crate::error::Result;
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};
use crate::web::form::{Form, with_cookie};
use crate::web::page_error::OrRedirect;
use crate::web::redirect::redirect;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/logout", get(show_log_out).post(log_out)).route("/me/sessions", post(end))
}

/// `GET /logout`: a link must not log out, so it leads to the page with the button.
async fn show_log_out() -> Response {
    redirect("/me")
}

/// `POST /logout`
async fn log_out(State(app): State<App>, me: Option<SignedIn>) -> Result<Response> {
    if let Some(me) = me {
        app.log_out(&me.session).await?;
    }
    Ok(with_cookie(redirect("/"), cookie::forget_session(app.config.origins.is_https())))
}

#[derive(Deserialize)]
struct EndSessions {
    id: Option<String>,
}

/// `POST /me/sessions`: ends one session, or all others.
async fn end(
    State(app): State<App>,
    caller: Caller,
    me: OrRedirect<SignedIn>,
    Form(form): Form<EndSessions>,
) -> Response {
    let result = match form.id {
        Some(id) => app.log_out_device(&me.session, id).await.map(drop),
        None => app.log_out_everywhere(&me.session, false).await,
    };
    MyPage::new(&app, &caller, &me).after(result, "sessions", &[], Typed::default()).await
}
