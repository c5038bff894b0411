//! Invites into a room.

use axum::extract::{Path, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::Json;
use crate::chat::invite;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::Result;
use crate::service::App;
use crate::web::caller::Me;
use crate::web::pages::room::room_id;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewInvite {
    /// How many people may come by it, 1 to 1000; null or left out: no end.
    #[serde(default)]
    uses: Option<u32>,
    /// How long it lives, 1 to 8760; null or left out: no end.
    #[serde(default)]
    hours: Option<u32>,
}

/// An invite. Whoever has its code gets in, without the room's password.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invite {
    code: String,
    /// The page that asks for a name and lets in; without the server's own address where
    /// `PUBLIC_URL` is not set.
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
pub(super) struct Invites {
    /// At most 100, the newest first.
    invites: Vec<Invite>,
}

pub(super) async fn create(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Json(body): Json<NewInvite>,
) -> Result<(StatusCode, Json<Invite>)> {
    let invite = app.create_invite(me.user.id, room_id(&id)?, body.uses, body.hours).await?;
    Ok((StatusCode::CREATED, Json(Invite::new(&app, invite))))
}

pub(super) async fn list(State(app): State<App>, me: Me, Path(id): Path<String>) -> Result<Json<Invites>> {
    let invites = app.invites(me.user.id, room_id(&id)?).await?;
    let invites = invites.into_iter().map(|invite| Invite::new(&app, invite)).collect();
    Ok(Json(Invites { invites }))
}

pub(super) async fn revoke(
    State(app): State<App>,
    me: Me,
    Path((id, code)): Path<(String, String)>,
) -> Result<StatusCode> {
    app.revoke_invite(me.user.id, room_id(&id)?, code).await?;
    Ok(StatusCode::NO_CONTENT)
}
