//! Outgoing webhooks of a room and of the server, and their deliveries.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::command::SetCommands;
use super::json::{Json, Query};
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::{DeliveryId, HookId};
use crate::secret::Secret;
use crate::service::{App, OutgoingHookRequest};
use crate::web::extract::{DeliveryPath, HookPath, RoomPath, ScopePath, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    [
        ["/rooms/{id}/outgoing-hooks", "The owner and moderators manage them."],
        ["/admin/outgoing-hooks", "Of the whole server; for admins."],
    ]
    .into_iter()
    .fold(calls, |calls, [path, whose]| with_calls(calls, path, whose))
    .add(
        "PUT",
        "/rooms/{id}/outgoing-hooks/{hookId}/commands",
        set_commands,
        "Replace the slash commands of an outgoing webhook. They are posted to its address.",
        |call| call.body::<SetCommands>().no_content().for_members().refuses(&[Code::TooMany]),
    )
}

fn with_calls(calls: Calls, path: &'static str, whose: &'static str) -> Calls {
    // The table lives as long as the program.
    let text = |text: String| -> &'static str { text.leak() };
    let below = |rest: &str| text(format!("{path}/{{hookId}}{rest}"));
    let about = |about: &str| text(format!("{about} {whose}"));
    calls
        .add("GET", path, list, about("List outgoing webhooks."), |call| {
            call.response::<OutgoingHooks>(200).for_members()
        })
        .add("POST", path, create, about("Create an outgoing webhook. Its key is shown once."), |call| {
            call.body::<NewOutgoingHook>().response::<OutgoingHookWithKey>(201).for_members().refuses(&[Code::TooMany])
        })
        .add("POST", below("/rotate"), rotate, about("Give an outgoing webhook a new key."), |call| {
            call.response::<OutgoingHookWithKey>(200).for_members()
        })
        .add(
            "POST",
            below("/resume"),
            resume,
            about("Let an outgoing webhook that was paused go on with what waits."),
            |call| call.response::<OutgoingHook>(200).for_members(),
        )
        .add("DELETE", below(""), revoke, about("Revoke an outgoing webhook."), |call| call.no_content().for_members())
        .add(
            "GET",
            below("/deliveries"),
            deliveries,
            about("List the deliveries of an outgoing webhook of the last three days, the latest first."),
            |call| call.query::<DeliveryQuery>().response::<Deliveries>(200).for_members(),
        )
        .add(
            "POST",
            below("/deliveries/{deliveryId}/replay"),
            replay,
            about("Send a delivery again, under the same id."),
            |call| call.no_content().for_members(),
        )
}

/// An outgoing webhook: an address that receives what happens in a room or on the server.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OutgoingHook {
    id: HookId,
    by: Option<User>,
    url: String,
    events: Vec<HookEvent>,
    /// Whether it is also sent what bots do.
    includes_bots: bool,
    /// RFC 3339 UTC with milliseconds.
    created_at: String,
    /// When it was paused, after twenty failures in a row.
    paused_at: Option<String>,
    /// The events that were not queued, as a thousand waited.
    left_out: u32,
}

impl From<outgoing_hook::OutgoingHook> for OutgoingHook {
    fn from(hook: outgoing_hook::OutgoingHook) -> Self {
        Self {
            id: hook.id,
            by: hook.by,
            url: hook.url,
            events: hook.events,
            includes_bots: hook.includes_bots,
            created_at: rfc3339(hook.created_at),
            paused_at: hook.paused_at.map(rfc3339),
            left_out: hook.left_out,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OutgoingHookWithKey {
    #[serde(flatten)]
    hook: OutgoingHook,
    /// The key of the signatures, as Standard Webhooks write it; a secret.
    key: String,
}

impl OutgoingHookWithKey {
    fn new((hook, key): (outgoing_hook::OutgoingHook, Secret)) -> Json<Self> {
        Json(Self { hook: hook.into(), key: key.reveal().to_owned() })
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OutgoingHooks {
    /// At most 10, the oldest first.
    hooks: Vec<OutgoingHook>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewOutgoingHook {
    /// `http` or `https`, on a public host and the default port.
    url: String,
    /// Those of a room, or any for one of the server.
    events: Vec<HookEvent>,
    /// Whether it is also sent what bots do. Two programs that answer each other never stop.
    #[serde(default)]
    includes_bots: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeliveryQuery {
    /// The `id` of the last delivery of the page before.
    #[serde(default)]
    before: Option<String>,
    /// 1 to 100; 50 if left out.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    /// The header `webhook-id` of each try.
    id: DeliveryId,
    event: HookEvent,
    tries: u32,
    /// The status of the last answer, if there was one.
    status: Option<u32>,
    /// Why the last try failed.
    why: Option<String>,
    created_at: String,
    /// When it was delivered or given up; null while it waits.
    ended_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Deliveries {
    deliveries: Vec<Delivery>,
}

async fn list(State(app): State<App>, me: SignedIn, path: ScopePath) -> Result<Json<OutgoingHooks>> {
    let hooks = app.outgoing_hooks(me.user.id, path.scope).await?;
    Ok(Json(OutgoingHooks { hooks: hooks.into_iter().map(OutgoingHook::from).collect() }))
}

async fn create(
    State(app): State<App>,
    me: SignedIn,
    path: ScopePath,
    Json(body): Json<NewOutgoingHook>,
) -> Result<(StatusCode, Json<OutgoingHookWithKey>)> {
    let NewOutgoingHook { url, events, includes_bots } = body;
    let new = OutgoingHookRequest { url, events, includes_bots };
    let created = app.create_outgoing_hook(me.user.id, path.scope, new).await?;
    Ok((StatusCode::CREATED, OutgoingHookWithKey::new(created)))
}

async fn rotate(
    State(app): State<App>,
    me: SignedIn,
    path: ScopePath,
    hook: HookPath,
) -> Result<Json<OutgoingHookWithKey>> {
    app.rotate_outgoing_hook(me.user.id, path.scope, hook.id).await.map(OutgoingHookWithKey::new)
}

async fn resume(State(app): State<App>, me: SignedIn, path: ScopePath, hook: HookPath) -> Result<Json<OutgoingHook>> {
    let hook = app.resume_outgoing_hook(me.user.id, path.scope, hook.id).await?;
    Ok(Json(hook.into()))
}

async fn revoke(State(app): State<App>, me: SignedIn, path: ScopePath, hook: HookPath) -> Result<StatusCode> {
    app.revoke_outgoing_hook(me.user.id, path.scope, hook.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deliveries(
    State(app): State<App>,
    me: SignedIn,
    path: ScopePath,
    hook: HookPath,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<Deliveries>> {
    let before = query.before.map(|before| before.parse()).transpose();
    let before = before.map_err(|_| Error::invalid("before", "before must be the id of a delivery"))?;
    let deliveries = app.deliveries(me.user.id, path.scope, hook.id, before, query.limit).await?;
    let deliveries = deliveries.into_iter().map(|one| Delivery {
        id: one.id,
        event: one.event,
        tries: one.tries,
        status: one.status,
        why: one.why,
        created_at: rfc3339(one.created_at),
        ended_at: one.ended_at.map(rfc3339),
    });
    Ok(Json(Deliveries { deliveries: deliveries.collect() }))
}

async fn replay(
    State(app): State<App>,
    me: SignedIn,
    path: ScopePath,
    hook: HookPath,
    delivery: DeliveryPath,
) -> Result<StatusCode> {
    app.replay_delivery(me.user.id, path.scope, hook.id, delivery.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_commands(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    hook: HookPath,
    Json(body): Json<SetCommands>,
) -> Result<StatusCode> {
    app.set_hook_commands(me.user.id, room.id, hook.id, body.commands()).await?;
    Ok(StatusCode::NO_CONTENT)
}
