//! Outgoing webhooks: addresses that are told what happens in one room. Each event is a delivery, sent by a job of the
//! outbox in the order of the hook. A delivery keeps no text: what is sent is the message as it is then.

pub(super) mod event;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use event::{IS_ACTIVE, WAITING, enqueue, parse};

use super::kinds::{HookEvent, JobKind, UserKind};
use super::member::membership::require_moderator;
use super::message::{self, Message, Post};
use super::session::Token;
use super::user::{self, User};
use super::{Limits, Tx, outbox};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{DeliveryId, HookId, RoomId, UserId};
use crate::mail::Secret;

/// The most outgoing hooks of one room.
const MOST: u64 = 10;
/// Failures in a row after which a hook is paused.
const FAILURES: u32 = 20;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long deliveries are listed.
const KEEP_MS: i64 = 3 * DAY_MS;

/// A hook, for the owner and the moderators. Its key is shown once.
#[derive(Clone, Debug)]
pub struct OutgoingHook {
    pub id: HookId,
    /// The bot that says when the hook is paused. Its name is the host.
    pub user: User,
    /// Who has made it; `None` once their account is deleted.
    pub by: Option<User>,
    pub url: String,
    pub events: Vec<HookEvent>,
    /// Whether it is told what bots do.
    pub hears_bots: bool,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    pub paused_at: Option<i64>,
}

/// What a hook is to be told.
#[derive(Clone, Debug)]
pub struct NewOutgoingHook {
    pub url: String,
    /// The host of the address.
    pub host: String,
    pub events: Vec<HookEvent>,
    pub hears_bots: bool,
}

/// One event for one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event: HookEvent,
    pub tries: u32,
    /// The status of the last answer, if there was one.
    pub status: Option<u32>,
    /// Why the last try failed.
    pub why: Option<String>,
    pub created_at: i64,
    /// When it was delivered or given up.
    pub ended_at: Option<i64>,
}

/// What a job sends.
#[derive(Clone, Debug)]
pub struct Sending {
    pub url: String,
    pub key: Secret,
    pub event: HookEvent,
    pub created_at: i64,
    pub message: Message,
}

/// `SELECT` with the columns that [`read`] takes. The caller adds the `WHERE`.
fn select() -> String {
    let (bot, by) = (user::columns("u"), user::columns("b"));
    format!(
        "SELECT h.id, h.url, h.events, h.hears_bots, h.created_at, h.paused_at, {bot}, {by} FROM hooks h
           JOIN users u ON u.id = h.user_id LEFT JOIN users b ON b.id = h.by_user_id"
    )
}

fn read(row: &Row<'_>) -> Result<OutgoingHook, Fault> {
    let mut c = row.columns();
    let (id, url, events) = (c.next()?, c.next()?, parse(&c.next::<String>()?));
    let (hears_bots, created_at, paused_at) = (c.next()?, c.next()?, c.next()?);
    let (user, by) = (user::read_some(&mut c)?, user::read(&mut c)?);
    Ok(OutgoingHook { id, user, by, url, events, hears_bots, created_at, paused_at })
}

/// Creates a hook and returns it with the key that signs what is sent.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `invalid` with the field `events` where there are none;
/// `too_many` when the room has ten.
pub fn create(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    new: NewOutgoingHook,
) -> Result<(OutgoingHook, String)> {
    require_moderator(tx, me, room_id)?;
    if new.events.is_empty() {
        return Err(Error::invalid("events", "there is no event to send"));
    }
    static COUNT: LazyLock<String> =
        LazyLock::new(|| format!("SELECT COUNT(*) FROM hooks h WHERE h.room_id = ?1 AND {IS_ACTIVE}"));
    if tx.query_one(&COUNT, &[&room_id], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let name: String = new.host.chars().take(limits.name_max).collect();
    let bot = user::make(tx, limits, now, UserKind::Bot, &name)?;
    tx.execute("UPDATE users SET direct_from = 'nobody', is_listed = 0 WHERE id = ?1", &[&bot.id])?;
    let (id, key) = (HookId::new(now), new_key());
    let events: Vec<&str> =
        HookEvent::ALL.iter().filter(|event| new.events.contains(event)).map(|event| event.as_str()).collect();
    // Its hash of a secret that nobody knows says that it is not revoked.
    tx.execute(
        "INSERT INTO hooks (id, room_id, user_id, by_user_id, secret_hash, created_at, url, events, signing_key, hears_bots)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            &id,
            &room_id,
            &bot.id,
            &me,
            &Token::new().hash(),
            &now,
            &new.url,
            &events.join(" "),
            &key,
            &new.hears_bots,
        ],
    )?;
    Ok((get(tx, room_id, id)?, key))
}

/// Returns a new key in the form of Standard Webhooks.
fn new_key() -> String {
    let mut bytes = [0; 32];
    // The system's random source does not fail after boot.
    getrandom::fill(&mut bytes).expect("the system's random source");
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// Returns a hook of a room. The caller has checked who asks.
fn get(tx: &mut Tx, room_id: RoomId, id: HookId) -> Result<OutgoingHook> {
    static GET: LazyLock<String> =
        LazyLock::new(|| format!("{} WHERE h.id = ?1 AND h.room_id = ?2 AND {IS_ACTIVE}", select()));
    tx.query_opt(&GET, &[&id, &room_id], read)?.ok_or(Code::NotFound.into())
}

/// Returns the outgoing hooks of a room, the oldest first; at most ten.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn list(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Vec<OutgoingHook>> {
    require_moderator(tx, me, room_id)?;
    static LIST: LazyLock<String> = LazyLock::new(|| {
        format!("{} WHERE h.room_id = ?1 AND {IS_ACTIVE} ORDER BY h.created_at, h.id LIMIT ?2", select())
    });
    Ok(tx.query_all(&LIST, &[&room_id, &MOST], read)?)
}

/// Gives a hook a new key. What is sent from now on is signed with it.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
pub fn rotate(tx: &mut Tx, me: UserId, room_id: RoomId, id: HookId) -> Result<(OutgoingHook, String)> {
    require_moderator(tx, me, room_id)?;
    let (hook, key) = (get(tx, room_id, id)?, new_key());
    tx.execute("UPDATE hooks SET signing_key = ?2 WHERE id = ?1", &[&id, &key])?;
    Ok((hook, key))
}

/// Lets a paused hook go on with what waits.
///
/// # Errors
/// As [`rotate`].
pub fn resume(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, id: HookId) -> Result<OutgoingHook> {
    require_moderator(tx, me, room_id)?;
    if get(tx, room_id, id)?.paused_at.is_some() {
        tx.execute("UPDATE hooks SET paused_at = NULL, failures = 0 WHERE id = ?1", &[&id])?;
        let sql = "SELECT id FROM deliveries WHERE hook_id = ?1 AND ended_at IS NULL ORDER BY id LIMIT ?2";
        for delivery in tx.query_all(sql, &[&id, &WAITING], |row| row.get::<DeliveryId>(0))? {
            enqueue(tx, now, id, delivery)?;
        }
    }
    get(tx, room_id, id)
}

/// Revokes a hook. What waits is not sent.
///
/// # Errors
/// As [`rotate`].
pub fn revoke(tx: &mut Tx, me: UserId, room_id: RoomId, id: HookId) -> Result<()> {
    require_moderator(tx, me, room_id)?;
    get(tx, room_id, id)?;
    outbox::drop_target(tx, JobKind::Hook, id)?;
    tx.execute("UPDATE hooks SET secret_hash = NULL WHERE id = ?1", &[&id])?;
    Ok(())
}

/// Returns what a delivery sends; `None` when its hook was revoked or paused, or its message is gone.
///
/// # Errors
/// Only those of the store.
pub fn sending(tx: &mut Tx, id: DeliveryId) -> Result<Option<Sending>> {
    static SENDING: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT h.url, h.signing_key, d.event, d.created_at, d.message_number FROM deliveries d
               JOIN hooks h ON h.id = d.hook_id JOIN messages m ON m.number = d.message_number
             WHERE d.id = ?1 AND {IS_ACTIVE} AND h.paused_at IS NULL"
        )
    });
    let found = tx.query_opt(&SENDING, &[&id], |row| {
        let mut c = row.columns();
        let sending: (String, String, HookEvent, i64, i64) = (c.next()?, c.next()?, c.next()?, c.next()?, c.next()?);
        Ok(sending)
    })?;
    let Some((url, key, event, created_at, number)) = found else { return Ok(None) };
    Ok(Some(Sending { url, key: key.into(), event, created_at, message: message::by_number(tx, number)? }))
}

/// Notes that a delivery was answered with a success.
///
/// # Errors
/// Only those of the store.
pub fn delivered(tx: &mut Tx, now: i64, id: DeliveryId, status: u16) -> Result<()> {
    let sql = "UPDATE deliveries SET tries = tries + 1, status = ?2, why = NULL, ended_at = ?3 WHERE id = ?1
               RETURNING hook_id";
    let hook_id = tx.query_opt(sql, &[&id, &u32::from(status), &now], |row| row.get::<HookId>(0))?;
    tx.execute("UPDATE hooks SET failures = 0 WHERE id = ?1 AND failures > 0", &[&hook_id])?;
    Ok(())
}

/// Notes that a try of a delivery has failed. After twenty failures in a row, or at
/// once if the address is `gone`, the hook is paused, and its maker gets a whisper.
///
/// # Errors
/// Only those of the store.
pub fn not_delivered(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    id: DeliveryId,
    status: Option<u16>,
    why: &str,
) -> Result<()> {
    let sql = "UPDATE deliveries SET tries = tries + 1, status = ?2, why = ?3 WHERE id = ?1 RETURNING hook_id";
    let hook_id = tx.query_opt(sql, &[&id, &status.map(u32::from), &why], |row| row.get::<HookId>(0))?;
    let Some(hook_id) = hook_id else { return Ok(()) };
    let failures = "UPDATE hooks SET failures = failures + 1 WHERE id = ?1 RETURNING failures";
    let failures = tx.query_one(failures, &[&hook_id], |row| row.get::<u32>(0))?;
    if failures >= FAILURES || status == Some(410) { pause(tx, limits, now, hook_id, why) } else { Ok(()) }
}

/// Ends a delivery whose job was given up.
///
/// # Errors
/// Only those of the store.
pub fn give_up(tx: &mut Tx, now: i64, id: DeliveryId) -> Result<()> {
    tx.execute("UPDATE deliveries SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", &[&id, &now])?;
    Ok(())
}

fn pause(tx: &mut Tx, limits: &Limits, now: i64, id: HookId, why: &str) -> Result<()> {
    let sql = "UPDATE hooks SET paused_at = ?2 WHERE id = ?1 AND paused_at IS NULL AND secret_hash IS NOT NULL
               RETURNING room_id";
    let Some(room_id) = tx.query_opt(sql, &[&id, &now], |row| row.get::<RoomId>(0))? else { return Ok(()) };
    outbox::drop_target(tx, JobKind::Hook, id)?;
    let hook = get(tx, room_id, id)?;
    let Some(by) = hook.by else { return Ok(()) };
    let text = format!("⏸️ 보내는 웹훅이 멈췄어요. / The outgoing webhook is paused: {why}.");
    message::post(tx, limits, now, Post { user: hook.user, room_id, to: Some(by), text: &text, reply_to: None })?;
    Ok(())
}

/// Returns the deliveries of a hook, the latest first, older than `before`.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
pub fn deliveries(
    tx: &mut Tx,
    me: UserId,
    room_id: RoomId,
    id: HookId,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    require_moderator(tx, me, room_id)?;
    get(tx, room_id, id)?;
    let before = before.unwrap_or(DeliveryId::from_u128(u128::MAX));
    let sql = "SELECT id, event, tries, status, why, created_at, ended_at FROM deliveries
               WHERE hook_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
    Ok(tx.query_all(sql, &[&id, &before, &limit], |row| {
        let mut c = row.columns();
        Ok(Delivery {
            id: c.next()?,
            event: c.next()?,
            tries: c.next()?,
            status: c.next()?,
            why: c.next()?,
            created_at: c.next()?,
            ended_at: c.next()?,
        })
    })?)
}

/// Sends a delivery that has ended again, under the same id.
///
/// # Errors
/// As [`deliveries`]; `not_found` for one that still waits.
pub fn replay(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, id: HookId, delivery: DeliveryId) -> Result<()> {
    require_moderator(tx, me, room_id)?;
    let hook = get(tx, room_id, id)?;
    let sql = "UPDATE deliveries SET ended_at = NULL WHERE id = ?1 AND hook_id = ?2 AND ended_at IS NOT NULL";
    if tx.execute(sql, &[&delivery, &id])? == 0 {
        return Err(Code::NotFound.into());
    }
    // A paused hook sends it when it goes on.
    if hook.paused_at.is_some() { Ok(()) } else { enqueue(tx, now, id, delivery) }
}

/// Deletes old deliveries.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, now: i64) -> Result<()> {
    let sql = "DELETE FROM deliveries WHERE id IN
                 (SELECT id FROM deliveries WHERE created_at < ?1 ORDER BY created_at LIMIT 5000)";
    tx.execute(sql, &[&now.saturating_sub(KEEP_MS)])?;
    Ok(())
}
