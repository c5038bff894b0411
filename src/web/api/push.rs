//! Push subscriptions: browsers that are notified while no page is open.

use std::collections::HashMap;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Calls;
use super::json::Json;
use crate::chat::push::{self, NewPushSubscription};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::ids::PushId;
use crate::service::App;
use crate::web::extract::{Caller, PushPath, SignedIn};

pub(super) fn calls(calls: Calls) -> Calls {
    calls
        .add("GET", "/me/push-subscriptions", list, "List one's browsers that are pushed to.", |call| {
            call.response::<PushSubscriptions>(200)
        })
        .add(
            "POST",
            "/me/push-subscriptions",
            subscribe,
            "Subscribe a browser, with what `PushSubscription.toJSON()` gives. The subscription ends with the session.",
            |call| {
                call.body::<Subscribe>()
                    .response::<PushSubscription>(201)
                    .or(200, "For a browser that was subscribed already.")
            },
        )
        .add("PATCH", "/me/push-subscriptions/{pushId}", change, "Set whether pushes hide their text.", |call| {
            call.body::<Change>().response::<PushSubscription>(200)
        })
        .add("DELETE", "/me/push-subscriptions/{pushId}", unsubscribe, "Unsubscribe a browser.", |call| {
            call.no_content()
        })
        .add(
            "POST",
            "/me/push-subscriptions/{pushId}/test",
            test,
            "Push a test now. `why` says why the push service did not take it; null if it did.",
            |call| call.response::<Tested>(200),
        )
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PushSubscriptions {
    /// The public key of the server, in base64url: the `applicationServerKey` of `pushManager.subscribe()`.
    key: String,
    /// At most 16, the oldest first.
    subscriptions: Vec<PushSubscription>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PushSubscription {
    id: PushId,
    /// What the browser calls itself.
    agent: Option<String>,
    hides_text: bool,
    /// Why the last push failed; null if it did not.
    why: Option<String>,
    /// When the push service took the last push. RFC 3339 UTC with milliseconds.
    pushed_at: Option<String>,
    created_at: String,
    /// Whether it belongs to the session of the request.
    current: bool,
}

impl PushSubscription {
    fn new(me: &SignedIn, stored: push::PushSubscription) -> Self {
        Self {
            id: stored.id,
            agent: stored.agent,
            hides_text: stored.hides_text,
            why: stored.why,
            pushed_at: stored.pushed_at.map(rfc3339),
            created_at: rfc3339(stored.created_at),
            current: stored.session == me.session.id,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Subscribe {
    /// The address of the push service.
    endpoint: String,
    /// `p256dh` and `auth`: the keys of the browser, in base64url.
    keys: HashMap<String, String>,
    /// As browsers give it; it is not used.
    #[serde(default, rename = "expirationTime")]
    _expiration_time: Option<f64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    hides_text: bool,
}

#[derive(Serialize, JsonSchema)]
struct Tested {
    why: Option<String>,
}

async fn list(State(app): State<App>, me: SignedIn) -> Result<Json<PushSubscriptions>> {
    let key = app.push_key().await?;
    let stored = app.push_subscriptions(me.user.id).await?;
    let subscriptions = stored.into_iter().map(|stored| PushSubscription::new(&me, stored)).collect();
    Ok(Json(PushSubscriptions { key, subscriptions }))
}

async fn subscribe(
    State(app): State<App>,
    caller: Caller,
    me: SignedIn,
    Json(body): Json<Subscribe>,
) -> Result<(StatusCode, Json<PushSubscription>)> {
    let key = |name| body.keys.get(name).cloned().unwrap_or_default();
    let (p256dh, auth) = (key("p256dh"), key("auth"));
    let lang = caller.lang.code().to_owned();
    let new = NewPushSubscription { endpoint: body.endpoint, p256dh, auth, lang, agent: caller.agent.clone() };
    let (stored, is_new) = app.subscribe(&me.session, new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(PushSubscription::new(&me, stored))))
}

async fn change(
    State(app): State<App>,
    me: SignedIn,
    push: PushPath,
    Json(body): Json<Change>,
) -> Result<Json<PushSubscription>> {
    let stored = app.set_push_hides_text(me.user.id, push.id, body.hides_text).await?;
    Ok(Json(PushSubscription::new(&me, stored)))
}

async fn unsubscribe(State(app): State<App>, me: SignedIn, push: PushPath) -> Result<StatusCode> {
    app.unsubscribe(me.user.id, push.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(State(app): State<App>, me: SignedIn, push: PushPath) -> Result<Json<Tested>> {
    Ok(Json(Tested { why: app.test_push(me.user.id, push.id).await? }))
}
