//! Deliveries of outgoing hooks: what one sends, and how it went.

use std::sync::LazyLock;

use super::event::{IS_ACTIVE, enqueue};
use super::{Scope, get};
use crate::chat::kinds::{HookEvent, JobKind, MessageKind, ReportReason};
use crate::chat::message::{self, Message, Post};
use crate::chat::room::{self, Room};
use crate::chat::{Limits, Tx, direct, outbox};
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::{DeliveryId, HookId, MessageId, ReportId, RoomId, UserId};
use crate::secret::Secret;

/// Failures in a row after which a hook is paused.
const FAILURES: u32 = 20;
const DAY_MS: i64 = 24 * 3_600_000;
/// How long deliveries are listed.
const KEEP_MS: i64 = 3 * DAY_MS;

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
    pub url: Secret,
    pub key: Secret,
    pub event: HookEvent,
    pub created_at: i64,
    /// `None` for a report that only admins decide.
    pub room_id: Option<RoomId>,
    pub about: About,
}

/// What an event is about, as it is when it is sent.
#[derive(Clone, Debug)]
pub enum About {
    Message(Box<Message>),
    Report(ReportSummary),
    /// `None` for a room that was removed.
    Room(Option<Box<Room>>),
}

/// A report without what somebody wrote.
#[derive(Clone, Debug)]
pub struct ReportSummary {
    pub id: ReportId,
    pub message_id: Option<MessageId>,
    /// The reported user.
    pub user_id: UserId,
    pub reason: ReportReason,
}

/// What to do about a delivery.
#[derive(Clone, Debug)]
pub enum Next {
    Send(Box<Sending>),
    /// There is nothing to send any more.
    End,
    /// The hook was revoked or paused.
    Leave,
}

/// A delivery as it is stored, with the address and the key of its hook.
struct Stored {
    url: Secret,
    key: Secret,
    event: HookEvent,
    created_at: i64,
    room_id: Option<RoomId>,
    message: Option<(MessageId, i64)>,
    report_id: Option<ReportId>,
}

/// Returns what a delivery sends.
///
/// # Errors
/// Only those of the store.
pub fn sending(tx: &mut Tx, id: DeliveryId) -> Result<Next> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT h.url, h.signing_key, d.event, d.created_at, d.room_id, d.message_id, d.seq, d.report_id
             FROM deliveries d JOIN hooks h ON h.id = d.hook_id
             WHERE d.id = ?1 AND {IS_ACTIVE} AND h.paused_at IS NULL"
        )
    });
    let found = tx.query_opt(&FIND, &[&id], |row| {
        let mut c = row.columns();
        let (url, key) = (c.next::<String>()?.into(), c.next::<String>()?.into());
        let (event, created_at, room_id) = (c.next()?, c.next()?, c.next()?);
        let message = c.next::<Option<MessageId>>()?.zip(c.next::<Option<i64>>()?);
        Ok(Stored { url, key, event, created_at, room_id, message, report_id: c.next()? })
    })?;
    let Some(stored) = found else { return Ok(Next::Leave) };
    let Some(about) = about(tx, &stored)? else { return Ok(Next::End) };
    let Stored { url, key, event, created_at, room_id, .. } = stored;
    Ok(Next::Send(Box::new(Sending { url, key, event, created_at, room_id, about })))
}

/// Returns what an event is about. `None` if that is gone, unless the event says so.
fn about(tx: &mut Tx, stored: &Stored) -> Result<Option<About>> {
    if let Some(id) = stored.report_id {
        return Ok(report(tx, id)?.map(About::Report));
    }
    let Some(room_id) = stored.room_id else { return Ok(None) };
    let Some((id, seq)) = stored.message else {
        let room = room::find_any(tx, room_id)?.map(Box::new);
        let is_there = room.is_some() || stored.event == HookEvent::RoomRemoved;
        return Ok(is_there.then_some(About::Room(room)));
    };
    let mut message = message::find(tx, id)?;
    if message.is_none() && stored.event == HookEvent::Delete {
        message = Some(tombstone(id, room_id, seq, stored.created_at));
    }
    Ok(message.map(|message| About::Message(Box::new(message))))
}

/// Returns what is left of a message that was removed with its row.
fn tombstone(id: MessageId, room_id: RoomId, seq: i64, deleted_at: i64) -> Message {
    let message = Message::new(id, room_id, MessageKind::Text, None, String::new(), id.created_at());
    Message { seq, rev: seq, deleted_at: Some(rfc3339(deleted_at)), ..message }
}

fn report(tx: &mut Tx, id: ReportId) -> Result<Option<ReportSummary>> {
    let sql = "SELECT message_id, user_id, reason FROM reports WHERE id = ?1";
    Ok(tx.query_opt(sql, &[&id], |row| {
        Ok(ReportSummary { id, message_id: row.get(0)?, user_id: row.get(1)?, reason: row.get(2)? })
    })?)
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
/// once if the address is `gone`, the hook is paused, and its maker is written to.
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

/// Ends a delivery that is not sent: its job was given up, or there is nothing to send.
///
/// # Errors
/// Only those of the store.
pub fn give_up(tx: &mut Tx, now: i64, id: DeliveryId) -> Result<()> {
    tx.execute("UPDATE deliveries SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", &[&id, &now])?;
    Ok(())
}

fn pause(tx: &mut Tx, limits: &Limits, now: i64, id: HookId, why: &str) -> Result<()> {
    let sql = "UPDATE hooks SET paused_at = ?2 WHERE id = ?1 AND paused_at IS NULL AND revoked_at IS NULL
               RETURNING room_id";
    let Some(room_id) = tx.query_opt(sql, &[&id, &now], |row| row.get::<RoomId>(0))? else { return Ok(()) };
    outbox::drop_target(tx, JobKind::Hook, id)?;
    let scope = Scope::of(room_id);
    let hook = get(tx, scope, id)?;
    let Some(by) = hook.by else { return Ok(()) };
    let text = format!("⏸️ 보내는 웹훅이 멈췄어요. / The outgoing webhook is paused: {why}.");
    let post = |user, room_id, to| Post { user, room_id, to, text: &text, reply_to: None, silent: false, maker: None };
    match scope {
        Scope::Room(room_id) => message::post(tx, limits, now, post(hook.user, room_id, Some(by)))?,
        Scope::Server => {
            let room = match direct::open(tx, now, hook.user.id, by.id) {
                // An admin whom nobody may write to sees it on the page of the hooks.
                Err(error) if error.code == Code::Forbidden => return Ok(()),
                opened => opened?.0,
            };
            direct::accept(tx, by.id, room.id)?;
            match message::post(tx, limits, now, post(hook.user, room.id, None)) {
                // The word filter takes it for somebody's message.
                Err(error) if error.code == Code::Filtered => return Ok(()),
                posted => posted?,
            }
        }
    };
    Ok(())
}

/// Returns the deliveries of a hook, the latest first, older than `before`.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
pub fn deliveries(
    tx: &mut Tx,
    me: UserId,
    scope: Scope,
    id: HookId,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    scope.check(tx, me)?;
    get(tx, scope, id)?;
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
pub fn replay(tx: &mut Tx, now: i64, me: UserId, scope: Scope, id: HookId, delivery: DeliveryId) -> Result<()> {
    scope.check(tx, me)?;
    let hook = get(tx, scope, id)?;
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
