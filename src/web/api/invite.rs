//! Invites into a room.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::Calls;
use super::json::Json;
use crate::chat::invite;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Path, RoomPath, SignedIn};
use crate::wire::NewInvite;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/invites", list, "List valid invites. For the owner and moderators.", |call| {
            call.response::<Invites>(200).for_members()
        })
        .add(
            "POST",
            "/rooms/{id}/invites",
            create,
            "Create an invite, which replaces the password. For the owner and moderators.",
            |call| call.body::<NewInvite>().response::<Invite>(201).for_members().refuses(&[Code::TooMany]),
        )
        .add(
            "DELETE",
            "/rooms/{id}/invites/{code}",
            revoke,
            "Revoke an invite. For the owner and moderators.",
            |call| call.no_content().for_members(),
        )
}

/// An invite. Anyone with its code can join without the room's password.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Invite {
    code: String,
    /// The page to join the room; without the server's address if `PUBLIC_URL` is not set.
    url: String,
    uses_left: Option<u32>,
    /// RFC 3339 UTC with milliseconds.
    ends_at: Option<String>,
    created_at: String,
    by: Option<User>,
}

impl Invite {
    fn new(app: &App, invite: invite::Invite) -> Self {
        Self {
            url: format!("{}/invite/{}", app.base(), invite.code),
            code: invite.code,
            uses_left: invite.uses_left,
            ends_at: invite.ends_at.map(rfc3339),
            created_at: rfc3339(invite.created_at),
            by: invite.by,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Invites {
    /// At most 100, the newest first.
    invites: Vec<Invite>,
}

async fn create(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<NewInvite>,
) -> Result<(StatusCode, Json<Invite>)> {
    let invite = app.create_invite(me.user.id, room.id, body.uses, body.hours).await?;
    Ok((StatusCode::CREATED, Json(Invite::new(&app, invite))))
}

async fn list(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<Json<Invites>> {
    let invites = app.invites(me.user.id, room.id).await?;
    let invites = invites.into_iter().map(|invite| Invite::new(&app, invite)).collect();
    Ok(Json(Invites { invites }))
}

async fn revoke(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Path((_, code)): Path<(String, String)>,
) -> Result<StatusCode> {
    app.revoke_invite(me.user.id, room.id, code).await?;
    Ok(StatusCode::NO_CONTENT)
}
