//! Incoming webhooks of a room.

use axum::extract::{Request, State};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::hook;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::HookId;
use crate::service::App;
use crate::web::extract::{HookPath, RoomPath, SignedIn};
use crate::web::multipart::single_file;

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/rooms/{id}/hooks", list, "List incoming webhooks. For the owner and moderators.", |call| {
            call.response::<Hooks>(200).for_members()
        })
        .add(
            "POST",
            "/rooms/{id}/hooks",
            create,
            "Create an incoming webhook. Its address is shown once. For the owner and moderators.",
            |call| call.body::<HookName>().response::<HookWithUrl>(201).for_members().refuses(CHANGE),
        )
        .add("PATCH", "/rooms/{id}/hooks/{hookId}", rename, "Rename an incoming webhook.", |call| {
            call.body::<HookName>().response::<Hook>(200).for_members().refuses(CHANGE)
        })
        .add(
            "POST",
            "/rooms/{id}/hooks/{hookId}/rotate",
            rotate,
            "Give an incoming webhook a new address. The old one is void at once.",
            |call| call.response::<HookWithUrl>(200).for_members(),
        )
        .add(
            "PUT",
            "/rooms/{id}/hooks/{hookId}/picture",
            set_picture,
            "Set the picture of an incoming webhook (multipart: `file`).",
            |call| call.multipart().response::<Hook>(200).for_members(),
        )
        .add("DELETE", "/rooms/{id}/hooks/{hookId}", revoke, "Revoke an incoming webhook. Its messages stay.", |call| {
            call.no_content().for_members()
        })
}

const CHANGE: &[Code] = &[Code::TooLong, Code::TooMany, Code::Filtered];

/// An incoming webhook: a program that knows its address posts into the room.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Hook {
    id: HookId,
    /// The bot that its messages are by.
    user: User,
    by: Option<User>,
    /// RFC 3339 UTC with milliseconds.
    created_at: String,
    /// When it was last used, to a minute.
    used_at: Option<String>,
}

impl From<hook::Hook> for Hook {
    fn from(hook: hook::Hook) -> Self {
        Self {
            id: hook.id,
            user: hook.user,
            by: hook.by,
            created_at: rfc3339(hook.created_at),
            used_at: hook.used_at.map(rfc3339),
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct HookWithUrl {
    #[serde(flatten)]
    hook: Hook,
    /// The address to post to, a secret; without the server's address if `PUBLIC_URL` is not set.
    url: String,
}

impl HookWithUrl {
    fn new((hook, url): (hook::Hook, String)) -> Json<Self> {
        Json(Self { hook: hook.into(), url })
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Hooks {
    /// At most 20, the oldest first.
    hooks: Vec<Hook>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HookName {
    name: String,
}

async fn list(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<Json<Hooks>> {
    let hooks = app.hooks(me.user.id, room.id).await?;
    Ok(Json(Hooks { hooks: hooks.into_iter().map(Hook::from).collect() }))
}

async fn create(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<HookName>,
) -> Result<(StatusCode, Json<HookWithUrl>)> {
    let created = app.create_hook(me.user.id, room.id, body.name).await?;
    Ok((StatusCode::CREATED, HookWithUrl::new(created)))
}

async fn rename(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    hook: HookPath,
    Json(body): Json<HookName>,
) -> Result<Json<Hook>> {
    let hook = app.rename_hook(me.user.id, room.id, hook.id, body.name).await?;
    Ok(Json(hook.into()))
}

async fn rotate(State(app): State<App>, me: SignedIn, room: RoomPath, hook: HookPath) -> Result<Json<HookWithUrl>> {
    app.rotate_hook(me.user.id, room.id, hook.id).await.map(HookWithUrl::new)
}

async fn set_picture(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    hook: HookPath,
    request: Request,
) -> Result<Json<Hook>> {
    let me = me.user.id;
    app.may_change_hook(me, room.id, hook.id).await?;
    let upload = single_file(request, &app, me).await?;
    let hook = app.set_hook_picture(me, room.id, hook.id, upload).await?;
    Ok(Json(hook.into()))
}

async fn revoke(State(app): State<App>, me: SignedIn, room: RoomPath, hook: HookPath) -> Result<StatusCode> {
    app.revoke_hook(me.user.id, room.id, hook.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
