//! Outgoing webhooks of a room, and their deliveries.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::{Json, Query};
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook;
use crate::chat::user::User;
use crate::clock::rfc3339;
use crate::error::{Code, Error, Result};
use crate::ids::{DeliveryId, HookId};
use crate::service::App;
use crate::web::extract::{HookPath, Path, RoomPath, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add(
            "GET",
            "/rooms/{id}/outgoing-hooks",
            list,
            "List outgoing webhooks. For the owner and moderators.",
            |call| call.response::<OutgoingHooks>(200).for_members(),
        )
        .add(
            "POST",
            "/rooms/{id}/outgoing-hooks",
            create,
            "Create an outgoing webhook. Its key is shown once. For the owner and moderators.",
            |call| {
                call.body::<NewOutgoingHook>()
                    .response::<OutgoingHookWithKey>(201)
                    .for_members()
                    .refuses(&[Code::TooMany])
            },
        )
        .add(
            "POST",
            "/rooms/{id}/outgoing-hooks/{hookId}/rotate",
            rotate,
            "Give an outgoing webhook a new key.",
            |call| call.response::<OutgoingHookWithKey>(200).for_members(),
        )
        .add(
            "POST",
            "/rooms/{id}/outgoing-hooks/{hookId}/resume",
            resume,
            "Let an outgoing webhook that was paused go on with what waits.",
            |call| call.response::<OutgoingHook>(200).for_members(),
        )
        .add("DELETE", "/rooms/{id}/outgoing-hooks/{hookId}", revoke, "Revoke an outgoing webhook.", |call| {
            call.no_content().for_members()
        })
        .add(
            "GET",
            "/rooms/{id}/outgoing-hooks/{hookId}/deliveries",
            deliveries,
            "List the deliveries of an outgoing webhook of the last three days, the latest first.",
            |call| call.query::<DeliveryQuery>().response::<Deliveries>(200).for_members(),
        )
        .add(
            "POST",
            "/rooms/{id}/outgoing-hooks/{hookId}/deliveries/{deliveryId}/replay",
            replay,
            "Send a delivery again, under the same id.",
            |call| call.no_content().for_members(),
        )
}

/// An outgoing webhook: an address that is told what happens in the room.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OutgoingHook {
    id: HookId,
    by: Option<User>,
    url: String,
    events: Vec<HookEvent>,
    /// Whether it is told what bots do.
    hears_bots: bool,
    /// RFC 3339 UTC with milliseconds.
    created_at: String,
    /// When it was paused, after twenty failures in a row.
    paused_at: Option<String>,
}

impl From<outgoing_hook::OutgoingHook> for OutgoingHook {
    fn from(hook: outgoing_hook::OutgoingHook) -> Self {
        Self {
            id: hook.id,
            by: hook.by,
            url: hook.url,
            events: hook.events,
            hears_bots: hook.hears_bots,
            created_at: rfc3339(hook.created_at),
            paused_at: hook.paused_at.map(rfc3339),
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
    fn new((hook, key): (outgoing_hook::OutgoingHook, String)) -> Json<Self> {
        Json(Self { hook: hook.into(), key })
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
    events: Vec<HookEvent>,
    /// Whether it is told what bots do. Two programs that answer each other never stop.
    #[serde(default)]
    hears_bots: bool,
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

async fn list(State(app): State<App>, me: SignedIn, room: RoomPath) -> Result<Json<OutgoingHooks>> {
    let hooks = app.outgoing_hooks(me.user.id, room.id).await?;
    Ok(Json(OutgoingHooks { hooks: hooks.into_iter().map(OutgoingHook::from).collect() }))
}

async fn create(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    Json(body): Json<NewOutgoingHook>,
) -> Result<(StatusCode, Json<OutgoingHookWithKey>)> {
    let NewOutgoingHook { url, events, hears_bots } = body;
    let created = app.create_outgoing_hook(me.user.id, room.id, &url, events, hears_bots).await?;
    Ok((StatusCode::CREATED, OutgoingHookWithKey::new(created)))
}

async fn rotate(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    hook: HookPath,
) -> Result<Json<OutgoingHookWithKey>> {
    app.rotate_outgoing_hook(me.user.id, room.id, hook.id).await.map(OutgoingHookWithKey::new)
}

async fn resume(State(app): State<App>, me: SignedIn, room: RoomPath, hook: HookPath) -> Result<Json<OutgoingHook>> {
    let hook = app.resume_outgoing_hook(me.user.id, room.id, hook.id).await?;
    Ok(Json(hook.into()))
}

async fn revoke(State(app): State<App>, me: SignedIn, room: RoomPath, hook: HookPath) -> Result<StatusCode> {
    app.revoke_outgoing_hook(me.user.id, room.id, hook.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deliveries(
    State(app): State<App>,
    me: SignedIn,
    room: RoomPath,
    hook: HookPath,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<Deliveries>> {
    let before = query.before.map(|before| before.parse()).transpose();
    let before = before.map_err(|_| Error::invalid("before", "before must be the id of a delivery"))?;
    let deliveries = app.deliveries(me.user.id, room.id, hook.id, before, query.limit).await?;
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
    room: RoomPath,
    hook: HookPath,
    Path((_, _, delivery)): Path<(String, String, String)>,
) -> Result<StatusCode> {
    let delivery = delivery.parse().map_err(|_| Code::NotFound)?;
    app.replay_delivery(me.user.id, room.id, hook.id, delivery).await?;
    Ok(StatusCode::NO_CONTENT)
}
