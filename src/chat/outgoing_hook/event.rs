//! What happens in a room, queued for its outgoing webhooks in the transaction of the act.

use std::sync::LazyLock;

use crate::chat::kinds::{HookEvent, JobKind, UserKind};
use crate::chat::message::{self, Message};
use crate::chat::{Tx, outbox, user};
use crate::error::Result;
use crate::ids::{DeliveryId, HookId, UserId};

/// Deliveries that wait behind a failing one; later events are left out.
pub(super) const WAITING: u64 = 1_000;

/// The condition of a hook `h` that is an outgoing one and not revoked.
pub(super) const IS_ACTIVE: &str = "h.url IS NOT NULL AND h.secret_hash IS NOT NULL";

/// Queues an event of a room for the hooks that want it. `actor` has caused it. Whispers are nobody's business.
pub(in crate::chat) fn fire(
    tx: &mut Tx,
    now: i64,
    event: HookEvent,
    message: &Message,
    actor: Option<UserId>,
) -> Result<()> {
    if message.to.is_some() {
        return Ok(());
    }
    static HOOKS: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT h.id, h.events, h.hears_bots, h.failures FROM hooks h
             WHERE h.room_id = ?1 AND {IS_ACTIVE} AND h.paused_at IS NULL"
        )
    });
    let hooks = tx.query_all(&HOOKS, &[&message.room_id], |row| {
        let mut c = row.columns();
        Ok((c.next::<HookId>()?, parse(&c.next::<String>()?), c.next::<bool>()?, c.next::<u32>()?))
    })?;
    if hooks.is_empty() {
        return Ok(());
    }
    let actor = actor.map(|id| user::find(tx, id)).transpose()?.flatten();
    let is_by_bot = actor.is_some_and(|actor| actor.kind == UserKind::Bot);
    let number = message::number_of(tx, message.id)?;
    for (hook_id, events, hears_bots, failures) in hooks {
        let is_wanted = events.contains(&event) && (hears_bots || !is_by_bot);
        if !is_wanted || (failures > 0 && outbox::waiting_for(tx, JobKind::Hook, hook_id)? >= WAITING) {
            continue;
        }
        let id = DeliveryId::new(now);
        tx.execute(
            "INSERT INTO deliveries (id, hook_id, event, message_number, tries, created_at) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
            &[&id, &hook_id, &event, &number, &now],
        )?;
        enqueue(tx, now, hook_id, id)?;
    }
    Ok(())
}

/// Reads stored events. Those that only a newer version knows are left out.
pub(super) fn parse(events: &str) -> Vec<HookEvent> {
    events.split(' ').filter_map(HookEvent::from_name).collect()
}

/// Queues the job of a delivery.
pub(super) fn enqueue(tx: &mut Tx, now: i64, hook_id: HookId, id: DeliveryId) -> Result<()> {
    outbox::enqueue(tx, now, JobKind::Hook, hook_id, None, &id.to_string())
}
