//! Reports of messages and users.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::report::{Queue, Report};
use crate::error::{Code, Result};
use crate::ids::ReportId;
use crate::service::App;
use crate::web::extract::{MessagePath, Path, RoomPath, SignedIn, UserPath};
use crate::wire::{DecideReport, NewReport, NewUserReport};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "POST",
            "/messages/{id}/reports",
            report_message,
            "Report a message to the moderators of its room, or to the admins where only its users may see it.",
            |call| call.body::<NewReport>().response::<Made>(201).refuses(&[Code::TooLong, Code::TooMany]),
        )
        .add(
            "POST",
            "/users/{userId}/reports",
            report_user,
            "Report a user: to the moderators of a room that you are in, else to the admins.",
            |call| {
                call.body::<NewUserReport>().response::<Made>(201).for_members().refuses(&[Code::TooLong, Code::TooMany])
            },
        )
        .add(
            "GET",
            "/rooms/{id}/reports",
            of_room,
            "List reports of a room, newest first. For the owner and moderators, and for admins of the server.",
            |call| call.query::<ListQuery>().response::<Reports>(200).for_members(),
        )
        .add("GET", "/admin/reports", of_server, "List all reports, newest first. For admins of the server.", |call| {
            call.query::<ListQuery>().response::<Reports>(200)
        })
        .add(
            "POST",
            "/reports/{reportId}/decision",
            decide,
            "Decide a report and carry that out. For the owner and moderators of its room, and for admins of the server.",
            |call| {
                call.body::<DecideReport>().no_content().for_members().refuses(&[
                    Code::NotFound,
                    Code::Conflict,
                    Code::TooLong,
                    Code::RoomClosed,
                    Code::Muted,
                    Code::ReadOnly,
                    Code::TooNew,
                    Code::Filtered,
                ])
            },
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Made {
    id: ReportId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// Whether the decided ones are listed, and not those that are open.
    #[serde(default)]
    decided: bool,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<ReportId>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Reports {
    reports: Vec<Report>,
    /// `after` of the next page; null on the last.
    next: Option<ReportId>,
}

async fn report_message(
    State(app): State<App>,
    me: SignedIn,
    message: MessagePath,
    Json(body): Json<NewReport>,
) -> Result<(StatusCode, Json<Made>)> {
    let id = app.report_message(me.user.id, message.id, body.into()).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

async fn report_user(
    State(app): State<App>,
    me: SignedIn,
    user: UserPath,
    Json(body): Json<NewUserReport>,
) -> Result<(StatusCode, Json<Made>)> {
    let room_id = body.room_id;
    let id = app.report_user(me.user.id, user.id, room_id, body.into()).await?;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

async fn of_room(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Query(query): Query<ListQuery>,
) -> Result<Json<Reports>> {
    list(&app, &me, Queue::Room(room.id), query).await
}

async fn of_server(State(app): State<App>, me: SignedIn, Query(query): Query<ListQuery>) -> Result<Json<Reports>> {
    list(&app, &me, Queue::Server, query).await
}

async fn list(app: &App, me: &SignedIn, queue: Queue, query: ListQuery) -> Result<Json<Reports>> {
    let page = app.reports(me.user.id, queue, !query.decided, query.after, query.limit).await?;
    Ok(Json(Reports { reports: page.reports, next: page.next }))
}

async fn decide(
    State(app): State<App>,
    me: SignedIn,
    Path(id): Path<ReportId>,
    Json(body): Json<DecideReport>,
) -> Result<StatusCode> {
    app.decide_report(me.user.id, id, body.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
