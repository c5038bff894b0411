//! Mail for what was missed.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::digest;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Caller, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/me/digest", show, "Whether missed mentions and direct messages are mailed.", |call| {
            call.response::<Digest>(200)
        })
        .add(
            "PUT",
            "/me/digest",
            set,
            "Have missed mentions and direct messages mailed. The first time, a mail asks to confirm the address. 404 \
             where the server sends no mail.",
            |call| call.body::<SetDigest>().response::<Digest>(200).refuses(&[Code::NotFound]),
        )
        .add("DELETE", "/me/digest", stop, "Stop the mail for what was missed.", |call| {
            call.no_content().refuses(&[Code::NotFound])
        })
}

/// The mail for what was missed.
#[derive(Serialize, JsonSchema)]
struct Digest {
    /// After how many minutes away it is sent; null for no mail.
    minutes: Option<i64>,
    /// Whether the address is confirmed; before that nothing is mailed.
    confirmed: bool,
}

impl From<digest::Digest> for Digest {
    fn from(digest: digest::Digest) -> Self {
        Self { minutes: digest.minutes, confirmed: digest.is_confirmed }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetDigest {
    /// 15, 60 or 1440.
    minutes: i64,
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Digest>> {
    Ok(Json(app.digest(me.user.id).await?.into()))
}

async fn set(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Json(body): Json<SetDigest>,
) -> Result<Json<Digest>> {
    Ok(Json(app.set_digest(me.user.id, Some(body.minutes), caller.lang).await?.into()))
}

async fn stop(State(app): State<App>, caller: Caller, me: SignedIn) -> Result<StatusCode> {
    app.set_digest(me.user.id, None, caller.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}
