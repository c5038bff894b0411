//! Outgoing webhooks: addresses that receive what happens in one room, or on the whole server. Each event is a delivery, sent
//! by a job of the outbox in the order of the hook. A delivery keeps no text: what is sent is the message as it is then.

mod command;
mod delivery;
pub(super) mod event;
mod scope;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use command::{CommandHook, answer, answer_later, hook_of_command, open_answers, set_commands, sweep_answers};
pub use delivery::{
    About, Delivery, Next, Sending, delivered, deliveries, give_up, not_delivered, replay, sending, sweep,
};
use event::{IS_ACTIVE, WAITING, enqueue, parse};
pub use scope::Scope;

use super::kinds::{AuditAction, HookEvent, JobKind, UserKind};
use super::user::{self, User};
use super::{Limits, Tx, audit, hook, outbox};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{DeliveryId, HookId, UserId};
use crate::secret::Secret;

/// The most outgoing hooks of one room, and of the server.
const MOST: u64 = 10;

/// A hook, for those who manage it. Its key is shown once.
#[derive(Clone, Debug)]
pub struct OutgoingHook {
    pub id: HookId,
    /// The bot that says when the hook is paused. Its name is the host.
    pub user: User,
    /// Who has made it; `None` once their account is deleted.
    pub by: Option<User>,
    pub url: String,
    pub events: Vec<HookEvent>,
    /// Whether it is also sent what bots do.
    pub includes_bots: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    pub paused_at: Option<i64>,
    /// The events that were not queued, as too many waited.
    pub left_out: u32,
}

/// A hook to create.
#[derive(Clone, Debug)]
pub struct NewOutgoingHook {
    pub url: String,
    /// The host of the address.
    pub host: String,
    pub events: Vec<HookEvent>,
    pub includes_bots: bool,
}

/// `SELECT` with the columns that [`read`] takes. The caller adds the `WHERE`.
fn select() -> String {
    let (bot, by) = (user::columns("u"), user::columns("b"));
    format!(
        "SELECT h.id, h.url, h.events, h.includes_bots, h.created_at, h.paused_at, h.left_out, {bot}, {by} FROM hooks h
           JOIN users u ON u.id = h.user_id LEFT JOIN users b ON b.id = h.by_user_id"
    )
}

fn read(row: &Row<'_>) -> Result<OutgoingHook, Fault> {
    let mut c = row.columns();
    let (id, url, events) = (c.next()?, c.next()?, parse(&c.next::<String>()?));
    let (includes_bots, created_at, paused_at, left_out) = (c.next()?, c.next()?, c.next()?, c.next()?);
    let (user, by) = (user::read_some(&mut c)?, user::read(&mut c)?);
    Ok(OutgoingHook { id, user, by, url, events, includes_bots, created_at, paused_at, left_out })
}

/// Creates a hook and returns it with the key that signs what is sent.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `invalid` with the field `events` where there are none, or one
/// that a room does not have; `too_many` when there are ten.
pub fn create(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    scope: Scope,
    new: &NewOutgoingHook,
) -> Result<(OutgoingHook, Secret)> {
    scope.check(tx, me)?;
    if new.events.is_empty() {
        return Err(Error::invalid("events", "there is no event to send"));
    }
    if let Some(event) = new.events.iter().find(|event| scope != Scope::Server && !HookEvent::OF_ROOMS.contains(event))
    {
        return Err(Error::invalid("events", format!("{} is an event of the server", event.as_str())));
    }
    static COUNT: LazyLock<String> =
        LazyLock::new(|| format!("SELECT COUNT(*) FROM hooks h WHERE h.room_id = ?1 AND {IS_ACTIVE}"));
    if tx.query_one(&COUNT, &[&scope.id()], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let name: String = new.host.chars().take(limits.name_max).collect();
    let bot = user::make(tx, limits, now, UserKind::Bot, &name)?;
    tx.execute("UPDATE users SET direct_from = 'nobody', is_listed = 0 WHERE id = ?1", &[&bot.id])?;
    let (id, key) = (HookId::new(now), new_key());
    let events: Vec<&str> =
        HookEvent::ALL.iter().filter(|event| new.events.contains(event)).map(|event| event.as_str()).collect();
    let events = events.join(" ");
    tx.execute(
        "INSERT INTO hooks (id, room_id, user_id, by_user_id, created_at, url, events, signing_key, includes_bots)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[&id, &scope.id(), &bot.id, &me, &now, &new.url, &events, &key.reveal(), &new.includes_bots],
    )?;
    audit::append(tx, now, Some(me), AuditAction::HookCreated, scope.room(), id)?;
    Ok((get(tx, scope, id)?, key))
}

/// Returns a new key in the form of Standard Webhooks.
fn new_key() -> Secret {
    let mut bytes = [0; 32];
    // The system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    Secret::new(format!("whsec_{}", STANDARD.encode(bytes)))
}

/// Returns a hook. The caller has checked who asks.
fn get(tx: &mut Tx, scope: Scope, id: HookId) -> Result<OutgoingHook> {
    static GET: LazyLock<String> =
        LazyLock::new(|| format!("{} WHERE h.id = ?1 AND h.room_id = ?2 AND {IS_ACTIVE}", select()));
    tx.query_opt(&GET, &[&id, &scope.id()], read)?.ok_or(Code::NotFound.into())
}

/// Returns the outgoing hooks of a room or of the server, the oldest first; at most ten.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn list(tx: &mut Tx, me: UserId, scope: Scope) -> Result<Vec<OutgoingHook>> {
    scope.check(tx, me)?;
    static LIST: LazyLock<String> = LazyLock::new(|| {
        format!("{} WHERE h.room_id = ?1 AND {IS_ACTIVE} ORDER BY h.created_at, h.id LIMIT ?2", select())
    });
    Ok(tx.query_all(&LIST, &[&scope.id(), &MOST], read)?)
}

/// Gives a hook a new key. What is sent from now on is signed with it.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
pub fn rotate(tx: &mut Tx, now: i64, me: UserId, scope: Scope, id: HookId) -> Result<(OutgoingHook, Secret)> {
    scope.check(tx, me)?;
    let (hook, key) = (get(tx, scope, id)?, new_key());
    tx.execute("UPDATE hooks SET signing_key = ?2 WHERE id = ?1", &[&id, &key.reveal()])?;
    audit::append(tx, now, Some(me), AuditAction::HookRotated, scope.room(), id)?;
    Ok((hook, key))
}

/// Lets a paused hook go on with what waits.
///
/// # Errors
/// As [`rotate`].
pub fn resume(tx: &mut Tx, now: i64, me: UserId, scope: Scope, id: HookId) -> Result<OutgoingHook> {
    scope.check(tx, me)?;
    if get(tx, scope, id)?.paused_at.is_some() {
        tx.execute("UPDATE hooks SET paused_at = NULL, failures = 0 WHERE id = ?1", &[&id])?;
        let sql = "SELECT id FROM deliveries WHERE hook_id = ?1 AND ended_at IS NULL ORDER BY id LIMIT ?2";
        for delivery in tx.query_all(sql, &[&id, &WAITING], |row| row.get::<DeliveryId>(0))? {
            enqueue(tx, now, id, delivery)?;
        }
    }
    get(tx, scope, id)
}

/// Revokes a hook. What waits is not sent.
///
/// # Errors
/// As [`rotate`].
pub fn revoke(tx: &mut Tx, now: i64, me: UserId, scope: Scope, id: HookId) -> Result<()> {
    scope.check(tx, me)?;
    get(tx, scope, id)?;
    outbox::drop_target(tx, JobKind::Hook, id)?;
    tx.execute("UPDATE hooks SET revoked_at = ?2 WHERE id = ?1", &[&id, &now])?;
    audit::append(tx, now, Some(me), AuditAction::HookRevoked, scope.room(), id)
}

/// Revokes the hooks of the server that were made by a user who is no longer an admin.
pub(super) fn revoke_server_hooks_of(tx: &mut Tx, now: i64, by: UserId) -> Result<()> {
    hook::revoke_all_of(tx, now, Scope::Server.id(), by)
}
