//! Sessions: where a user is signed in, and logging out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::session::Device;
use crate::cookie;
use crate::error::Result;
use crate::service::App;
use crate::web::extract::{Path, SignedIn};
use crate::web::form::with_cookie;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("DELETE", "/session", log_out, "Log out and close the session's sockets.", |call| call.no_content())
        .add("GET", "/me/sessions", list, "List the sessions, last used first.", |call| call.response::<Sessions>(200))
        .add("DELETE", "/me/sessions", log_out_everywhere, "Log out everywhere else; with `all` here, too.", |call| {
            call.query::<LogOutQuery>().no_content()
        })
        .add("DELETE", "/me/sessions/{id}", log_out_one, "End one session.", |call| call.no_content())
}

/// The sessions of a user, the last used first.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Sessions {
    sessions: Vec<Device>,
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Json<Sessions>> {
    Ok(Json(Sessions { sessions: app.devices(&me.session).await? }))
}

async fn log_out(State(app): State<App>, me: SignedIn) -> Result<Response> {
    app.log_out(&me.session).await?;
    Ok(logged_out(&app, true))
}

async fn log_out_one(State(app): State<App>, me: SignedIn, Path(id): Path<String>) -> Result<Response> {
    let was_own = app.log_out_device(&me.session, id).await?;
    Ok(logged_out(&app, was_own))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogOutQuery {
    /// Whether the request's own session ends too.
    #[serde(default)]
    all: bool,
}

async fn log_out_everywhere(
    State(app): State<App>,
    me: SignedIn,
    Query(query): Query<LogOutQuery>,
) -> Result<Response> {
    app.log_out_everywhere(&me.session, query.all).await?;
    Ok(logged_out(&app, query.all))
}

/// Responds without content, and removes the cookie if the request's own session has ended.
pub(super) fn logged_out(app: &App, is_own: bool) -> Response {
    let response = StatusCode::NO_CONTENT.into_response();
    if is_own { with_cookie(response, cookie::forget_session(app.config.origins.is_https())) } else { response }
}
