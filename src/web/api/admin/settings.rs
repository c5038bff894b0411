//! The settings of the server, invites to sign up, and the audit log.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::Calls;
use super::{Json, Query};
use crate::chat::audit::Entry;
use crate::chat::kinds::SignUpPolicy;
use crate::chat::server_invite;
use crate::chat::server_settings::ServerSettings;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::service::App;
use crate::web::extract::{Path, SignedIn};
use crate::web::form::no_store;
use crate::web::multipart::single_file;
use crate::wire::{ChangeServer, NewInvite};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/server", server, "What the server says of itself.", |call| call.public().response::<Server>(200))
        .add("GET", "/admin/settings", show, "The settings that admins change. For admins of the server.", |call| {
            call.response::<ServerSettings>(200)
        })
        .add("PATCH", "/admin/settings", change, "Change settings, at once. For admins of the server.", |call| {
            call.body::<ChangeServer>().response::<ServerSettings>(200).refuses(&[Code::TooLong])
        })
        .add(
            "PUT",
            "/admin/logo",
            set_logo,
            "Set the logo of the server (multipart: `file`); its middle is shown as a square. For admins of the server.",
            |call| call.multipart().response::<ServerSettings>(200),
        )
        .add("DELETE", "/admin/logo", remove_logo, "Remove the logo of the server. For admins of the server.", |call| {
            call.response::<ServerSettings>(200)
        })
        .add("GET", "/admin/invites", list, "List valid invites to sign up. For admins of the server.", |call| {
            call.response::<ServerInvites>(200)
        })
        .add(
            "POST",
            "/admin/invites",
            create,
            "Create an invite to sign up, for `signUp: invite`. For admins of the server.",
            |call| call.body::<NewInvite>().response::<ServerInvite>(201).refuses(&[Code::TooMany]),
        )
        .add(
            "DELETE",
            "/admin/invites/{code}",
            revoke,
            "Revoke an invite to sign up. For admins of the server.",
            |call| call.no_content(),
        )
        .add("GET", "/admin/audit", audit, "The audit log, newest first. For admins of the server.", |call| {
            call.query::<AuditQuery>().response::<Log>(200)
        })
}

/// What the server says of itself. Empty texts are not set.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Server {
    name: String,
    /// The address of the logo; null for Madang's own.
    logo: Option<String>,
    welcome: String,
    rules: String,
    announcement: String,
    sign_up: SignUpPolicy,
    /// Whether visitors may come in as guests.
    guests: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ServerInvites {
    /// At most 1000, the newest first.
    invites: Vec<ServerInvite>,
}

/// An invite to sign up.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ServerInvite {
    code: String,
    /// The page to sign up.
    url: String,
    uses_left: Option<u32>,
    /// RFC 3339 UTC with milliseconds.
    ends_at: Option<String>,
    created_at: String,
}

impl ServerInvite {
    fn new(app: &App, invite: server_invite::ServerInvite) -> Self {
        Self {
            url: app.server_invite_link(&invite.code),
            code: invite.code,
            uses_left: invite.uses_left,
            ends_at: invite.ends_at.map(rfc3339),
            created_at: rfc3339(invite.created_at),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuditQuery {
    /// Only entries with a lower number.
    #[serde(default)]
    before: Option<i64>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Log {
    entries: Vec<Entry>,
}

async fn server(State(app): State<App>) -> Json<Server> {
    let settings = app.server_settings();
    Json(Server {
        name: settings.name.clone(),
        logo: settings.logo.clone(),
        welcome: settings.welcome.clone(),
        rules: settings.rules.clone(),
        announcement: settings.announcement.clone(),
        sign_up: settings.sign_up,
        guests: app.takes_guests(),
    })
}

async fn show(State(app): State<App>, me: SignedIn) -> Result<Json<ServerSettings>> {
    app.check_admin(me.user.id).await?;
    Ok(Json(app.server_settings().settings.clone()))
}

async fn change(State(app): State<App>, me: SignedIn, Json(body): Json<ChangeServer>) -> Result<Json<ServerSettings>> {
    app.change_server_settings(me.user.id, body.into()).await.map(Json)
}

async fn set_logo(State(app): State<App>, me: SignedIn, request: Request) -> Result<Json<ServerSettings>> {
    app.check_admin(me.user.id).await?;
    let upload = single_file(request, &app, me.user.id).await?;
    app.set_logo(me.user.id, upload).await.map(Json)
}

async fn remove_logo(State(app): State<App>, me: SignedIn) -> Result<Json<ServerSettings>> {
    app.remove_logo(me.user.id).await.map(Json)
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Response> {
    let invites = app.server_invites(me.user.id).await?;
    let invites = invites.into_iter().map(|invite| ServerInvite::new(&app, invite)).collect();
    Ok(no_store(Json(ServerInvites { invites }).into_response()))
}

async fn create(State(app): State<App>, me: SignedIn, Json(body): Json<NewInvite>) -> Result<Response> {
    let invite = app.create_server_invite(me.user.id, body.uses, body.hours).await?;
    Ok(no_store((StatusCode::CREATED, Json(ServerInvite::new(&app, invite))).into_response()))
}

async fn revoke(State(app): State<App>, me: SignedIn, Path(code): Path<String>) -> Result<StatusCode> {
    app.revoke_server_invite(me.user.id, code).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn audit(State(app): State<App>, me: SignedIn, Query(query): Query<AuditQuery>) -> Result<Json<Log>> {
    let entries = app.audit_log(me.user.id, query.before, query.limit).await?;
    Ok(Json(Log { entries: entries.into_iter().map(|listed| listed.entry).collect() }))
}
