//! Notifications: the levels of rooms, quiet hours, and muted people.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Calls;
use super::json::Json;
use crate::chat::kinds::NotifyLevel;
use crate::chat::notification::QuietHours;
use crate::error::{Code, Result};
use crate::service::{App, Notifications};
use crate::web::extract::{RoomPath, SignedIn, UserPath};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/me/notifications",
            show,
            "How much rooms notify, the quiet hours, and the muted people.",
            |call| call.response::<Notifications>(200),
        )
        .add("PUT", "/me/notifications", set_quiet_hours, "Set the quiet hours.", |call| {
            call.body::<QuietHours>().no_content().refuses(&[Code::Invalid])
        })
        .add("DELETE", "/me/notifications", remove_quiet_hours, "Remove the quiet hours.", |call| call.no_content())
        .add(
            "PUT",
            "/me/notifications/muted/{userId}",
            mute,
            "Mute a person: their messages stay and notify no more. They do not learn of it.",
            |call| call.no_content().refuses(&[Code::Invalid, Code::TooMany]),
        )
        .add("DELETE", "/me/notifications/muted/{userId}", unmute, "Unmute a person.", |call| call.no_content())
        .add(
            "PUT",
            "/rooms/{id}/notifications",
            set_level,
            "Set how much a room notifies: all, mentions, none.",
            |call| call.body::<SetLevel>().no_content().for_members(),
        )
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<Notifications>> {
    Ok(Json(app.notifications(me.user.id).await?))
}

async fn set_quiet_hours(State(app): State<App>, me: SignedIn, Json(hours): Json<QuietHours>) -> Result<StatusCode> {
    app.set_quiet_hours(me.user.id, Some(hours)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_quiet_hours(State(app): State<App>, me: SignedIn) -> Result<StatusCode> {
    app.set_quiet_hours(me.user.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn mute(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<StatusCode> {
    app.mute_person(me.user.id, user.id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unmute(State(app): State<App>, me: SignedIn, user: UserPath) -> Result<StatusCode> {
    app.mute_person(me.user.id, user.id, false).await?;
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
