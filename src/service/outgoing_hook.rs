//! Outgoing webhooks of a room, for the owner and the moderators.

use super::App;
use crate::chat::kinds::HookEvent;
use crate::chat::outgoing_hook::{self, Delivery, NewOutgoingHook, OutgoingHook};
use crate::error::{Error, Result};
use crate::http_client::parse_url;
use crate::ids::{DeliveryId, HookId, RoomId, UserId};

impl App {
    /// Returns the outgoing hooks of a room.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn outgoing_hooks(&self, me: UserId, room_id: RoomId) -> Result<Vec<OutgoingHook>> {
        self.db.read(move |tx| outgoing_hook::list(tx, me, room_id)).await
    }

    /// Creates a hook and returns it with its key.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `url` or `events`; `room_not_found`, `gone`, `not_a_member`, `forbidden`;
    /// `too_many`.
    pub async fn create_outgoing_hook(
        &self,
        me: UserId,
        room_id: RoomId,
        url: &str,
        events: Vec<HookEvent>,
        hears_bots: bool,
    ) -> Result<(OutgoingHook, String)> {
        self.rates.act(me)?;
        let url = parse_url(url).ok_or_else(|| Error::invalid("url", "url must be an http or https address"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let new = NewOutgoingHook { url: url.into(), host, events, hears_bots };
        self.write(room_id, move |tx, limits, now| outgoing_hook::create(tx, limits, now, me, room_id, new.clone()))
            .await
    }

    /// Gives a hook a new key.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn rotate_outgoing_hook(
        &self,
        me: UserId,
        room_id: RoomId,
        id: HookId,
    ) -> Result<(OutgoingHook, String)> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, _| outgoing_hook::rotate(tx, me, room_id, id)).await
    }

    /// Lets a paused hook go on.
    ///
    /// # Errors
    /// As [`App::rotate_outgoing_hook`].
    pub async fn resume_outgoing_hook(&self, me: UserId, room_id: RoomId, id: HookId) -> Result<OutgoingHook> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| outgoing_hook::resume(tx, now, me, room_id, id)).await
    }

    /// Revokes a hook.
    ///
    /// # Errors
    /// As [`App::rotate_outgoing_hook`].
    pub async fn revoke_outgoing_hook(&self, me: UserId, room_id: RoomId, id: HookId) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, _| outgoing_hook::revoke(tx, me, room_id, id)).await
    }

    /// Returns the deliveries of a hook, the latest first.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`; `invalid` with the field `limit`.
    pub async fn deliveries(
        &self,
        me: UserId,
        room_id: RoomId,
        id: HookId,
        before: Option<DeliveryId>,
        limit: Option<u32>,
    ) -> Result<Vec<Delivery>> {
        let limit = self.config.limits.page(limit.unwrap_or(self.config.limits.page_default))?;
        self.db.read(move |tx| outgoing_hook::deliveries(tx, me, room_id, id, before, limit)).await
    }

    /// Sends a delivery that has ended again.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn replay_delivery(&self, me: UserId, room_id: RoomId, id: HookId, delivery: DeliveryId) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| outgoing_hook::replay(tx, now, me, room_id, id, delivery)).await
    }
}
