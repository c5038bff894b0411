//! From a message to those who are to be notified of it: one job for the new messages of a room finds the members, and
//! queues a push for each of their browsers and a mail.

use super::news::{News, Since, news};
use crate::chat::kinds::{JobKind, MessageKind};
use crate::chat::message::Message;
use crate::chat::outbox::{self, When};
use crate::chat::{Limits, Tx, push};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

const MINUTE: i64 = 60_000;
/// The members that are looked at in one transaction.
const AT_ONCE: u64 = 200;

/// Queues the job that looks for members to notify, unless it waits already, or nobody on the server wants to be notified.
pub(in crate::chat) fn queue(tx: &mut Tx, limits: &Limits, now: i64, message: &Message) -> Result<()> {
    if message.kind == MessageKind::System {
        return Ok(());
    }
    let sql = "SELECT 1 WHERE (EXISTS (SELECT 1 FROM push_subscriptions)
                 OR EXISTS (SELECT 1 FROM users WHERE digest_minutes IS NOT NULL))
               AND NOT EXISTS (SELECT 1 FROM outbox WHERE kind = 'notify' AND target = ?1 AND tries = 0)";
    if tx.query_opt(sql, &[&message.room_id], |row| row.get::<i64>(0))?.is_none() {
        return Ok(());
    }
    let when = When { now, due_at: now.saturating_add(limits.notify_after_ms) };
    outbox::enqueue_at(tx, when, JobKind::Notify, message.room_id, None, "")
}

/// Notifies the next members of a room, in the order of their ids, and returns whom it looked at last if there may be
/// more.
///
/// # Errors
/// Only those of the store.
pub fn notify_some(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    room_id: RoomId,
    after: Option<UserId>,
) -> Result<Option<UserId>> {
    let after = after.unwrap_or(UserId::from_u128(0));
    let members = candidates(tx, room_id, after)?;
    for &(user_id, digest_minutes) in &members {
        if let Some(news) = news(tx, user_id, room_id, Since::Notified)? {
            notify(tx, limits, now, user_id, &news, digest_minutes)?;
        }
    }
    Ok(members.last().map(|(user_id, _)| *user_id).filter(|_| members.len() as u64 == AT_ONCE))
}

/// Returns members who want pushes or mails and have something unread of which they were not notified, each with the
/// minutes after which they are mailed.
fn candidates(tx: &mut Tx, room_id: RoomId, after: UserId) -> Result<Vec<(UserId, Option<i64>)>> {
    let sql = "SELECT m.user_id, u.digest_minutes
               FROM rooms r JOIN members m ON m.room_id = r.id JOIN users u ON u.id = m.user_id
               WHERE r.id = ?1 AND m.user_id > ?2
                 AND m.notify <> 'none' AND m.read_seq < r.rev AND m.notified_seq < r.rev
                 AND (u.digest_minutes IS NOT NULL
                   OR EXISTS (SELECT 1 FROM push_subscriptions p WHERE p.user_id = m.user_id))
               ORDER BY m.user_id LIMIT ?3";
    Ok(tx.query_all(sql, &[&room_id, &after, &AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Queues the pushes and the mail of one member.
fn notify(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    user_id: UserId,
    news: &News,
    digest_minutes: Option<i64>,
) -> Result<()> {
    let Some(last) = news.last() else { return Ok(()) };
    let room_id = news.room.id;
    // What is for everybody does not ring again at once.
    let again_at = news.notified_at.filter(|_| !news.is_personal).map(|at| at.saturating_add(limits.notify_pause_ms));
    let due_at = again_at.unwrap_or(now).max(now);
    let sql = "UPDATE members SET notified_seq = ?3, notified_at = ?4 WHERE room_id = ?1 AND user_id = ?2";
    tx.execute(sql, &[&room_id, &user_id, &last.seq, &due_at])?;
    for subscription in push::ids_of(tx, user_id)? {
        if !outbox::is_fresh(tx, JobKind::Push, subscription, &room_id.to_string())? {
            let when = When { now, due_at };
            outbox::enqueue_at(tx, when, JobKind::Push, subscription, Some(user_id), &room_id.to_string())?;
        }
    }
    match digest_minutes.filter(|_| news.is_personal) {
        Some(minutes) if !outbox::is_fresh(tx, JobKind::Digest, user_id, "")? => {
            let when = When { now, due_at: now.saturating_add(minutes * MINUTE) };
            outbox::enqueue_at(tx, when, JobKind::Digest, user_id, Some(user_id), "")
        }
        _ => Ok(()),
    }
}

/// Takes what a user has not read as known to them, as they begin to be notified now. It changes nothing for a user who
/// is pushed to or mailed already.
pub(in crate::chat) fn begin(tx: &mut Tx, me: UserId) -> Result<()> {
    let sql = "UPDATE members SET notified_seq = (SELECT r.rev FROM rooms r WHERE r.id = members.room_id)
               WHERE user_id = ?1
                 AND NOT EXISTS (SELECT 1 FROM push_subscriptions p WHERE p.user_id = ?1)
                 AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = ?1 AND u.digest_minutes IS NOT NULL)";
    tx.execute(sql, &[&me])?;
    Ok(())
}
