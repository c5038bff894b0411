//! Blocked users.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::user::User;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{SignedIn, UserPath};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/me/blocks", list, "List blocked users.", |call| call.response::<Blocks>(200))
        .add(
            "PUT",
            "/me/blocks/{userId}",
            block,
            "Block a user: they can no longer whisper to you or open a direct room.",
            |call| call.no_content().refuses(&[Code::Invalid, Code::TooMany]),
        )
        .add("DELETE", "/me/blocks/{userId}", unblock, "Unblock a user.", |call| call.no_content())
}

/// Blocked users, by name.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Blocks {
    users: Vec<User>,
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Json<Blocks>> {
    Ok(Json(Blocks { users: app.blocks(me.user.id).await? }))
}

async fn block(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<StatusCode> {
    app.block(me.user.id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unblock(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<StatusCode> {
    app.unblock(me.user.id, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
