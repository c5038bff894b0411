//! What happens, queued for the outgoing hooks that want it in the transaction of the act.

use std::sync::LazyLock;

use crate::chat::kinds::{HookEvent, JobKind, MessageKind, RoomKind, UserKind};
use crate::chat::message::Message;
use crate::chat::{Tx, outbox, user};
use crate::error::Result;
use crate::ids::{DeliveryId, HookId, MessageId, ReportId, RoomId, UserId};

/// The room of the hooks of the server.
pub(super) const SERVER_ID: RoomId = RoomId::from_u128(0);

/// Deliveries of a hook that wait. Later events are left out, and counted, as are those of a hook that is paused.
pub(super) const WAITING: u64 = 1_000;

/// The condition of a hook `h` that is an outgoing one and not revoked.
pub(super) const IS_ACTIVE: &str = "h.url IS NOT NULL AND h.revoked_at IS NULL";

/// What has happened.
struct Occasion {
    event: HookEvent,
    room_id: Option<RoomId>,
    message: Option<(MessageId, i64)>,
    /// The report, and who was reported.
    report: Option<(ReportId, UserId)>,
}

/// Queues an event of a message for the hooks that want it. `actor` has caused it; without one, the server has. Whispers are
/// for two users alone.
pub(in crate::chat) fn fire(
    tx: &mut Tx,
    now: i64,
    event: HookEvent,
    message: &Message,
    actor: Option<UserId>,
) -> Result<()> {
    // By its kind: its recipient may have gone.
    if message.kind == MessageKind::Whisper {
        return Ok(());
    }
    let room_id = Some(message.room_id);
    let occasion = Occasion { event, room_id, message: Some((message.id, message.seq)), report: None };
    queue(tx, now, &occasion, |tx| match event {
        // Those who were sent a message of a person must know, whatever has deleted it.
        HookEvent::Delete => Ok(message.user.as_ref().is_some_and(|user| user.kind == UserKind::Bot)),
        _ => is_bot(tx, actor),
    })
}

/// Queues that a room was created or removed.
pub(in crate::chat) fn fire_room(tx: &mut Tx, now: i64, event: HookEvent, room_id: RoomId) -> Result<()> {
    queue(tx, now, &Occasion { event, room_id: Some(room_id), message: None, report: None }, |_| Ok(false))
}

/// Queues a report of a user, but for their own hooks; without a room for one that only admins decide.
pub(in crate::chat) fn fire_report(
    tx: &mut Tx,
    now: i64,
    report_id: ReportId,
    user_id: UserId,
    room_id: Option<RoomId>,
) -> Result<()> {
    let report = Some((report_id, user_id));
    let occasion = Occasion { event: HookEvent::Report, room_id, message: None, report };
    queue(tx, now, &occasion, |_| Ok(false))
}

fn is_bot(tx: &mut Tx, user_id: Option<UserId>) -> Result<bool> {
    let found = user_id.map(|id| user::find(tx, id)).transpose()?.flatten();
    Ok(found.is_some_and(|user| user.kind == UserKind::Bot))
}

/// A hook that is sent events.
struct Wanting {
    id: HookId,
    room_id: RoomId,
    by: Option<UserId>,
    events: Vec<HookEvent>,
    includes_bots: bool,
    is_paused: bool,
    left_out: u64,
}

/// Queues an event for the hooks of its room and of the server. `is_by_bot` is asked only where there are hooks.
fn queue(tx: &mut Tx, now: i64, occasion: &Occasion, is_by_bot: impl Fn(&mut Tx) -> Result<bool>) -> Result<()> {
    static HOOKS: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT h.id, h.room_id, h.by_user_id, h.events, h.includes_bots, h.paused_at, h.left_out FROM hooks h
             WHERE h.room_id IN (?1, ?2) AND {IS_ACTIVE}"
        )
    });
    let room_id = occasion.room_id.unwrap_or(SERVER_ID);
    let mut hooks = tx.query_all(&HOOKS, &[&room_id, &SERVER_ID], |row| {
        let mut c = row.columns();
        let (id, room_id, by, events) = (c.next()?, c.next()?, c.next()?, parse(&c.next::<String>()?));
        let (includes_bots, paused_at, left_out) = (c.next()?, c.next::<Option<i64>>()?, c.next()?);
        Ok(Wanting { id, room_id, by, events, includes_bots, is_paused: paused_at.is_some(), left_out })
    })?;
    hooks.retain(|hook| hook.events.contains(&occasion.event));
    if let Some((_, reported)) = occasion.report {
        hooks.retain(|hook| hook.by != Some(reported));
    }
    if hooks.iter().any(|hook| hook.room_id == SERVER_ID) && is_direct(tx, room_id)? {
        hooks.retain(|hook| hook.room_id != SERVER_ID);
    }
    if hooks.is_empty() {
        return Ok(());
    }
    let is_by_bot = is_by_bot(tx)?;
    for hook in hooks.iter().filter(|hook| hook.includes_bots || !is_by_bot) {
        add(tx, now, occasion, hook)?;
    }
    Ok(())
}

fn is_direct(tx: &mut Tx, room_id: RoomId) -> Result<bool> {
    let kind = tx.query_opt("SELECT kind FROM rooms WHERE id = ?1", &[&room_id], |row| row.get::<RoomKind>(0))?;
    Ok(kind == Some(RoomKind::Direct))
}

fn add(tx: &mut Tx, now: i64, occasion: &Occasion, hook: &Wanting) -> Result<()> {
    let hook_id = hook.id;
    if hook.is_paused && hook.left_out >= WAITING {
        // Nobody looks at it: no write for each further event.
        return Ok(());
    }
    if hook.is_paused || outbox::is_full(tx, JobKind::Hook, hook_id, WAITING)? {
        tx.execute("UPDATE hooks SET left_out = left_out + 1 WHERE id = ?1", &[&hook_id])?;
        return Ok(());
    }
    let (message_id, seq) = occasion.message.unzip();
    let id = DeliveryId::new(now);
    tx.execute(
        "INSERT INTO deliveries (id, hook_id, event, room_id, message_id, seq, report_id, tries, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
        &[
            &id,
            &hook_id,
            &occasion.event,
            &occasion.room_id,
            &message_id,
            &seq,
            &occasion.report.map(|(id, _)| id),
            &now,
        ],
    )?;
    enqueue(tx, now, hook_id, id)
}

/// Reads stored events. Those that only a newer version knows are left out.
pub(super) fn parse(events: &str) -> Vec<HookEvent> {
    events.split(' ').filter_map(HookEvent::from_name).collect()
}

/// Queues the job of a delivery.
pub(super) fn enqueue(tx: &mut Tx, now: i64, hook_id: HookId, id: DeliveryId) -> Result<()> {
    outbox::enqueue(tx, now, JobKind::Hook, hook_id, None, &id.to_string())
}
