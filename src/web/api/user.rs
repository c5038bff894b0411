//! Becoming a guest.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::service::{self, App};
use crate::web::extract::Caller;
use crate::web::form::no_store;
use crate::wire::NewGuest;

pub(super) fn calls(calls: Calls) -> Calls {
    calls.add("POST", "/guests", enter_as_guest, "Become a guest, with the given or a generated name.", |call| {
        call.public().body::<NewGuest>().response::<Entered>(201).refuses(&[
            Code::RateLimited,
            Code::TooLong,
            Code::Filtered,
            Code::JoinsLocked,
        ])
    })
}

/// A new session. The token is shown only once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entered {
    user: User,
    token: String,
}

impl From<service::Entered> for Entered {
    fn from(entered: service::Entered) -> Self {
        Self { user: entered.user, token: entered.token.reveal() }
    }
}

async fn enter_as_guest(State(app): State<App>, caller: Caller, Json(body): Json<NewGuest>) -> Result<Response> {
    let entered = app.enter_as_guest(body.name, caller.into()).await?;
    Ok(no_store((StatusCode::CREATED, Json(Entered::from(entered))).into_response()))
}
