//! Messages that are sent later, and reminders.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::kinds::ScheduledKind;
use crate::chat::scheduled::{self, NewScheduled};
use crate::clock::rfc3339;
use crate::due_time::DueTime;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, ScheduledId};
use crate::service::App;
use crate::web::extract::{Caller, RoomPath, ScheduledPath, SignedIn};
use crate::wire::WireMessage;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/me/scheduled",
            list,
            "List one's scheduled messages and reminders: first what could not be sent, then what is due next.",
            |call| call.response::<ScheduledList>(200),
        )
        .add(
            "POST",
            "/rooms/{id}/scheduled",
            create,
            "Schedule a message, or a reminder for oneself. It is sent under the rules of the moment at which it is due; what \
             is refused then stays in the list with the reason.",
            |call| {
                call.body::<Schedule>().response::<Scheduled>(201).for_members().writes().refuses(&[
                    Code::TooLong,
                    Code::TooMany,
                ])
            },
        )
        .add(
            "PATCH",
            "/me/scheduled/{scheduledId}",
            change,
            "Change the text of a scheduled message, when it is due, or both. With a new time, one that was refused is tried \
             again.",
            |call| {
                call.body::<Change>().response::<Scheduled>(200).writes().refuses(&[Code::TooLong])
            },
        )
        .add("DELETE", "/me/scheduled/{scheduledId}", cancel, "Cancel a scheduled message.", |call| call.no_content())
        .add(
            "POST",
            "/me/scheduled/{scheduledId}/send",
            send,
            "Send a scheduled message at once. If it is refused, it stays as it was.",
            |call| call.response::<WireMessage>(200).for_members().writes().refuses(&[Code::TooLong, Code::TooMany]),
        )
}

#[derive(Serialize, JsonSchema)]
struct ScheduledList {
    /// At most a hundred.
    scheduled: Vec<Scheduled>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Scheduled {
    id: ScheduledId,
    kind: ScheduledKind,
    room_id: RoomId,
    /// The title of the room, or the name of the other user of a direct room; null once one is no longer a member.
    room_name: Option<String>,
    text: String,
    /// The seq of the message that it answers, or reminds of.
    reply_to: Option<i64>,
    /// When it is due. RFC 3339 UTC with milliseconds.
    at: String,
    /// The same in its zone: `2026-12-01T09:00`.
    local_time: String,
    /// The IANA name of the zone: `Asia/Seoul`.
    zone: String,
    /// The error code with which it could not be sent; null while it waits.
    refused: Option<String>,
    created_at: String,
}

impl From<(scheduled::Scheduled, Option<String>)> for Scheduled {
    fn from((stored, room_name): (scheduled::Scheduled, Option<String>)) -> Self {
        Self {
            id: stored.id,
            kind: stored.kind,
            room_id: stored.room_id,
            room_name,
            text: stored.text,
            reply_to: stored.reply_to,
            at: rfc3339(stored.due.at),
            local_time: stored.due.local,
            zone: stored.due.zone,
            refused: stored.refused.map(|code| code.name().to_owned()),
            created_at: rfc3339(stored.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Schedule {
    /// `message` is sent to the room, `reminder` is whispered to the caller.
    #[serde(default)]
    kind: ScheduledKind,
    /// May be empty for a reminder with `replyTo`.
    text: String,
    /// The seq of a public message that it answers, or reminds of.
    #[serde(default)]
    reply_to: Option<i64>,
    /// When it is due, within a year: a local time in `zone` such as `2026-12-01T09:00`, or a time with an offset such as
    /// `2026-12-01T00:00:00Z`. A local time stays right when the clocks of its zone change.
    at: String,
    /// The IANA name of a zone, such as `Asia/Seoul`. Needed where `at` has no offset.
    #[serde(default)]
    zone: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    #[serde(default)]
    text: Option<String>,
    /// As for a new one.
    #[serde(default)]
    at: Option<String>,
    /// That of the scheduled message, if left out.
    #[serde(default)]
    zone: Option<String>,
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Json<ScheduledList>> {
    let scheduled = app.scheduled(me.user.id).await?;
    Ok(Json(ScheduledList { scheduled: scheduled.into_iter().map(Scheduled::from).collect() }))
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<Schedule>,
) -> Result<(StatusCode, Json<Scheduled>)> {
    let Schedule { kind, text, reply_to, at, zone } = body;
    let due = DueTime::parse(&at, zone.as_deref())?;
    let new = NewScheduled { kind, text, reply_to, due, lang: caller.lang.code() };
    let stored = app.schedule(me.user.id, room.id, new).await?;
    Ok((StatusCode::CREATED, answer(&app, &me, stored.id).await?))
}

async fn change(
    State(app): State<App>,
    me: SignedIn,
    path: ScheduledPath,
    Json(body): Json<Change>,
) -> Result<Json<Scheduled>> {
    let due = match body.at {
        None if body.zone.is_some() => return Err(Error::invalid("at", "at is needed where there is a zone")),
        None => None,
        Some(at) => {
            let (stored, _) = app.one_scheduled(me.user.id, path.id).await?;
            Some(DueTime::parse(&at, Some(body.zone.as_ref().unwrap_or(&stored.due.zone)))?)
        }
    };
    app.change_scheduled(me.user.id, path.id, body.text, due).await?;
    answer(&app, &me, path.id).await
}

async fn cancel(State(app): State<App>, me: SignedIn, path: ScheduledPath) -> Result<StatusCode> {
    app.cancel_scheduled(me.user.id, path.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn send(State(app): State<App>, caller: Caller, me: SignedIn, path: ScheduledPath) -> Result<Json<WireMessage>> {
    let message = app.send_scheduled_now(me.user.id, path.id).await?;
    Ok(Json(WireMessage::new(message, caller.lang, Some(me.user.id))))
}

async fn answer(app: &App, me: &SignedIn, id: ScheduledId) -> Result<Json<Scheduled>> {
    Ok(Json(app.one_scheduled(me.user.id, id).await?.into()))
}
