//! Notifications: the levels of rooms, and quiet hours.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::digest;
use crate::chat::kinds::NotifyLevel;
use crate::chat::notification::{QuietHours, RoomLevel};
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Caller, RoomPath, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/me/notifications", show, "How much rooms notify, and the quiet hours.", |call| {
            call.response::<Notifications>(200)
        })
        .add(
            "PUT",
            "/me/digest",
            set_digest,
            "Have missed mentions and direct messages mailed. The first time, a mail asks to confirm the address. 404 \
             where the server sends no mail.",
            |call| call.body::<SetDigest>().response::<Digest>(200).refuses(&[Code::Invalid, Code::NotFound]),
        )
        .add("DELETE", "/me/digest", stop_digest, "Stop the mail for what was missed.", |call| {
            call.no_content().refuses(&[Code::NotFound])
        })
        .add("PUT", "/me/notifications", set_quiet_hours, "Set the quiet hours.", |call| {
            call.body::<QuietHours>().no_content().refuses(&[Code::Invalid])
        })
        .add("DELETE", "/me/notifications", remove_quiet_hours, "Remove the quiet hours.", |call| call.no_content())
        .add(
            "PUT",
            "/rooms/{id}/notifications",
            set_level,
            "Set how much a room notifies: all, mentions, none.",
            |call| call.body::<SetLevel>().no_content().for_members(),
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Notifications {
    /// The rooms whose level is not `all`.
    rooms: Vec<RoomLevel>,
    quiet_hours: Option<QuietHours>,
    digest: Digest,
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

async fn set_digest(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Json(body): Json<SetDigest>,
) -> Result<Json<Digest>> {
    Ok(Json(app.set_digest(me.user.id, Some(body.minutes), caller.lang).await?.into()))
}

async fn stop_digest(State(app): State<App>, caller: Caller, me: SignedIn) -> Result<StatusCode> {
    app.set_digest(me.user.id, None, caller.lang).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Notifications>> {
    let (rooms, quiet_hours) = app.notifications(me.user.id).await?;
    let digest = app.digest(me.user.id).await?.into();
    Ok(Json(Notifications { rooms, quiet_hours, digest }))
}

async fn set_quiet_hours(State(app): State<App>, me: SignedIn, Json(hours): Json<QuietHours>) -> Result<StatusCode> {
    app.set_quiet_hours(me.user.id, Some(hours)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_quiet_hours(State(app): State<App>, me: SignedIn) -> Result<StatusCode> {
    app.set_quiet_hours(me.user.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetLevel {
    level: NotifyLevel,
}

async fn set_level(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<SetLevel>,
) -> Result<StatusCode> {
    app.set_notify_level(me.user.id, room.id, body.level).await?;
    Ok(StatusCode::NO_CONTENT)
}
