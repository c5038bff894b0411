//! Outgoing webhooks of a room or of the server, for those who manage them, and requests that are signed for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::hmac;
use serde_json::{Value, json};

use super::App;
use crate::chat::command::Command;
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook::{self, Delivery, NewOutgoingHook, OutgoingHook, Scope};
use crate::clock::{now_ms, rfc3339};
use crate::db::Subject;
use crate::error::{Error, Result};
use crate::http_client::{Answer, FetchError, Guarantee, parse_url};
use crate::ids::{DeliveryId, HookId, RoomId, UserId};
use crate::secret::Secret;

/// What a new webhook is to be sent.
#[derive(Clone, Debug)]
pub struct OutgoingHookRequest {
    pub url: String,
    pub events: Vec<HookEvent>,
    pub includes_bots: bool,
}

impl App {
    /// Returns the outgoing hooks of a room or of the server.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn outgoing_hooks(&self, me: UserId, scope: Scope) -> Result<Vec<OutgoingHook>> {
        self.db.read(move |tx| outgoing_hook::list(tx, me, scope)).await
    }

    /// Creates a hook and returns it with its key.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `url` or `events`; `room_not_found`, `gone`, `not_a_member`, `forbidden`;
    /// `too_many`.
    pub async fn create_outgoing_hook(
        &self,
        me: UserId,
        scope: Scope,
        new: OutgoingHookRequest,
    ) -> Result<(OutgoingHook, Secret)> {
        self.rates.act(me)?;
        let url = parse_url(&new.url).ok_or_else(|| Error::invalid("url", "url must be an http or https address"))?;
        if !self.poster().may_be_reached(&url) {
            return Err(Error::invalid("url", "url must be on a public host and the default port"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let OutgoingHookRequest { events, includes_bots, .. } = new;
        let new = NewOutgoingHook { url: url.into(), host, events, includes_bots };
        self.write(subject(scope), move |tx, limits, now| outgoing_hook::create(tx, limits, now, me, scope, &new)).await
    }

    /// Gives a hook a new key.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn rotate_outgoing_hook(&self, me: UserId, scope: Scope, id: HookId) -> Result<(OutgoingHook, Secret)> {
        self.rates.act(me)?;
        self.write(subject(scope), move |tx, _, now| outgoing_hook::rotate(tx, now, me, scope, id)).await
    }

    /// Lets a paused hook go on.
    ///
    /// # Errors
    /// As [`App::rotate_outgoing_hook`].
    pub async fn resume_outgoing_hook(&self, me: UserId, scope: Scope, id: HookId) -> Result<OutgoingHook> {
        self.rates.act(me)?;
        self.write(subject(scope), move |tx, _, now| outgoing_hook::resume(tx, now, me, scope, id)).await
    }

    /// Revokes a hook.
    ///
    /// # Errors
    /// As [`App::rotate_outgoing_hook`].
    pub async fn revoke_outgoing_hook(&self, me: UserId, scope: Scope, id: HookId) -> Result<()> {
        self.rates.act(me)?;
        self.write(subject(scope), move |tx, _, now| outgoing_hook::revoke(tx, now, me, scope, id)).await
    }

    /// Returns the deliveries of a hook, the latest first.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`; `invalid` with the field `limit`.
    pub async fn deliveries(
        &self,
        me: UserId,
        scope: Scope,
        id: HookId,
        before: Option<DeliveryId>,
        limit: Option<u32>,
    ) -> Result<Vec<Delivery>> {
        let limit = self.config.limits.page(limit.unwrap_or(self.config.limits.page_default))?;
        self.db.read(move |tx| outgoing_hook::deliveries(tx, me, scope, id, before, limit)).await
    }

    /// Sends a delivery that has ended again.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn replay_delivery(&self, me: UserId, scope: Scope, id: HookId, delivery: DeliveryId) -> Result<()> {
        self.rates.act(me)?;
        self.write(subject(scope), move |tx, _, now| outgoing_hook::replay(tx, now, me, scope, id, delivery)).await
    }

    /// Replaces the slash commands of a hook.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`; `too_many`; `invalid` with the field
    /// `name`, `hintKo` or `hintEn`.
    pub async fn set_hook_commands(
        &self,
        me: UserId,
        room_id: RoomId,
        id: HookId,
        commands: Vec<Command>,
    ) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, _| outgoing_hook::set_commands(tx, me, room_id, id, &commands)).await
    }

    /// Posts an event to a webhook, signed as Standard Webhooks say, within a time of its own if there is one.
    pub(crate) async fn post_signed(
        &self,
        id: &str,
        url: &Secret,
        key: &Secret,
        body: Bytes,
        guarantee: Guarantee,
    ) -> Result<Answer, FetchError> {
        let url = parse_url(url.reveal()).ok_or(FetchError::Permanent("not an address"))?;
        let timestamp = now_ms() / 1_000;
        let signature = signature(key, id, timestamp, &body).ok_or(FetchError::Permanent("no key"))?;
        let headers = [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        self.poster().post(url, "application/json", &headers, body, guarantee).await
    }
}

fn subject(scope: Scope) -> Subject {
    scope.room().map_or(Subject::Server, Subject::from)
}

/// Returns the body of an event in the form of Standard Webhooks.
pub(crate) fn webhook_event(name: &str, at: i64, data: &Value) -> Bytes {
    json!({ "type": name, "timestamp": rfc3339(at), "data": data }).to_string().into()
}

/// Returns `v1,` and the signature of id, time and body.
fn signature(key: &Secret, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(key.reveal().strip_prefix("whsec_")?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mut signed = hmac::Context::with_key(&key);
    signed.update(format!("{id}.{timestamp}.").as_bytes());
    signed.update(body);
    Some(format!("v1,{}", STANDARD.encode(signed.sign().as_ref())))
}
