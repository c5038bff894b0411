//! From a message to those who are to be notified of it: one job for the new messages of a room finds the members, and
//! queues a push for each of their browsers and a mail.

use std::fmt;

use super::pending::{Since, pending, shown};
use crate::chat::kinds::{JobKind, MessageKind};
use crate::chat::message::Message;
use crate::chat::outbox::{self, Target, When};
use crate::chat::{Limits, Tx, push};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

const MINUTE: i64 = 60_000;
/// The members that are checked in one transaction.
const BATCH: u64 = 100;

/// Queues the job that looks for members to notify, unless it waits already, or nobody on the server wants to be notified.
pub(in crate::chat) fn queue(tx: &mut Tx, limits: &Limits, now: i64, message: &Message) -> Result<()> {
    if message.kind == MessageKind::System || message.silent {
        return Ok(());
    }
    // Every id is greater than that of nobody.
    let sql = "SELECT 1 WHERE (EXISTS (SELECT 1 FROM push_subscriptions WHERE id > ?2)
                 OR EXISTS (SELECT 1 FROM users WHERE digest_minutes IS NOT NULL AND id > ?2))
               AND NOT EXISTS (SELECT 1 FROM outbox
                 WHERE kind = 'notify' AND target = ?1 AND payload = '' AND tries = 0)";
    let nobody = UserId::from_u128(0);
    if tx.query_opt(sql, &[&message.room_id, &nobody], |row| row.get::<i64>(0))?.is_none() {
        return Ok(());
    }
    let when = When { now, due_at: now.saturating_add(limits.notify_after_ms) };
    outbox::enqueue_at(tx, when, JobKind::Notify, message.room_id, None, "")
}

/// Queues what [`queue`] does for a message that was held and is shown now: also for those whom it is addressed to, and who have
/// read or were notified of later messages.
pub(in crate::chat) fn queue_shown(tx: &mut Tx, limits: &Limits, now: i64, message: &Message) -> Result<()> {
    queue(tx, limits, now, message)?;
    if message.silent || (message.mentions.is_empty() && message.reply_to.is_none()) {
        return Ok(());
    }
    let work = Work { shown: Some(message.seq), after: None };
    outbox::enqueue(tx, now, JobKind::Notify, message.room_id, None, &work.to_string())
}

/// What a job is to notify members of, and the members that it begins behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The seq of a message that is shown now; without it, all that is new.
    pub shown: Option<i64>,
    pub after: Option<UserId>,
}

impl Work {
    /// Reads the payload of a job.
    pub fn parse(payload: &str) -> Self {
        let shown = payload.strip_prefix("shown ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        Self { shown, after: payload.rsplit(' ').next().and_then(|last| last.parse().ok()) }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.shown.map(|seq| format!("shown {seq}"));
        let parts: Vec<String> = shown.into_iter().chain(self.after.map(|after| after.to_string())).collect();
        f.write_str(&parts.join(" "))
    }
}

/// A member of a room who may have to be notified.
#[derive(Clone, Debug)]
struct Candidate {
    id: UserId,
    /// After how many minutes they are mailed.
    digest_minutes: Option<i64>,
    /// When they were last notified of the room.
    notified_at: Option<i64>,
    /// Whether something deserves a notification, and whether that is addressed to them.
    is_due: bool,
    is_personal: bool,
}

/// Members of a room that were checked.
#[derive(Clone, Debug)]
pub struct Checked {
    room_id: RoomId,
    /// The seq of the message that is shown now, if they were checked for one.
    shown: Option<i64>,
    /// The rev of the room up to which they were checked.
    rev: i64,
    members: Vec<Candidate>,
}

impl Checked {
    /// Returns the last member that was checked, if there may be more.
    pub fn next(&self) -> Option<UserId> {
        self.members.last().filter(|_| self.members.len() as u64 == BATCH).map(|member| member.id)
    }
}

/// Checks which members of a room are to be notified, in the order of their ids.
///
/// # Errors
/// Only those of the store.
pub fn check(tx: &mut Tx, now: i64, room_id: RoomId, work: Work) -> Result<Checked> {
    let sql = "SELECT rev FROM rooms WHERE id = ?1";
    let rev = tx.query_opt(sql, &[&room_id], |row| row.get(0))?.unwrap_or(0);
    let mut members = candidates(tx, now, room_id, work)?;
    for member in &mut members {
        let found = match work.shown {
            Some(seq) => shown(tx, member.id, room_id, seq)?,
            None => pending(tx, member.id, room_id, Since::Notified)?,
        };
        (member.is_due, member.is_personal) = (found.is_some(), found.is_some_and(|found| found.is_personal));
    }
    Ok(Checked { room_id, shown: work.shown, rev, members })
}

/// Returns members who want pushes or mails and have something unread of which they were not notified; for a message that is
/// shown now, those whose marks have passed it.
fn candidates(tx: &mut Tx, now: i64, room_id: RoomId, Work { shown, after }: Work) -> Result<Vec<Candidate>> {
    let sql = "SELECT m.user_id, u.digest_minutes, m.notified_at
               FROM rooms r JOIN members m ON m.room_id = r.id JOIN users u ON u.id = m.user_id
               WHERE r.id = ?1 AND m.user_id > ?2
                 AND m.notify <> 'none' AND ((?5 = 0 AND m.read_seq < r.rev AND m.notified_seq < r.rev)
                   OR (?5 > 0 AND (m.read_seq >= ?5 OR m.notified_seq >= ?5)))
                 AND (u.suspended_at IS NULL OR u.suspended_until <= ?3)
                 AND (u.digest_minutes IS NOT NULL
                   OR EXISTS (SELECT 1 FROM push_subscriptions p WHERE p.user_id = m.user_id))
               ORDER BY m.user_id LIMIT ?4";
    let after = after.unwrap_or(UserId::from_u128(0));
    Ok(tx.query_all(sql, &[&room_id, &after, &now, &BATCH, &shown.unwrap_or(0)], |row| {
        let mut c = row.columns();
        let (id, digest_minutes, notified_at) = (c.next()?, c.next()?, c.next()?);
        Ok(Candidate { id, digest_minutes, notified_at, is_due: false, is_personal: false })
    })?)
}

/// Queues the pushes and mails of members that were checked.
///
/// # Errors
/// Only those of the store.
pub fn notify(tx: &mut Tx, limits: &Limits, now: i64, checked: &Checked) -> Result<()> {
    let Checked { room_id, shown, rev, members } = checked;
    for member in members {
        if shown.is_none() {
            let sql = "UPDATE members SET notified_seq = ?3 WHERE room_id = ?1 AND user_id = ?2 AND notified_seq < ?3";
            tx.execute(sql, &[room_id, &member.id, rev])?;
        }
        if member.is_due {
            queue_pushes(tx, limits, now, (*room_id, *shown), member)?;
            queue_digest(tx, now, member)?;
        }
    }
    Ok(())
}

/// Queues a push for each browser of a member. What is for everybody does not ring again at once.
fn queue_pushes(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    (room_id, shown): (RoomId, Option<i64>),
    member: &Candidate,
) -> Result<()> {
    let last = member.notified_at.filter(|_| !member.is_personal).map(|at| at.min(now));
    let due_at = last.map_or(now, |at| at.saturating_add(limits.notify_pause_ms)).max(now);
    let mut is_queued = false;
    for subscription in push::ids_of(tx, member.id)? {
        // Rooms do not wait for each other.
        let target = Target::of_pair(subscription, room_id);
        if shown.is_none() && outbox::has_unstarted(tx, JobKind::Push, target)? {
            outbox::hasten(tx, JobKind::Push, target, due_at)?;
            continue;
        }
        let shown = shown.map(|seq| format!(" {seq}")).unwrap_or_default();
        let payload = format!("{subscription} {room_id}{shown}");
        outbox::enqueue_at(tx, When { now, due_at }, JobKind::Push, target, Some(member.id), &payload)?;
        is_queued = true;
    }
    if is_queued {
        let sql = "UPDATE members SET notified_at = ?3 WHERE room_id = ?1 AND user_id = ?2";
        tx.execute(sql, &[&room_id, &member.id, &due_at])?;
    }
    Ok(())
}

fn queue_digest(tx: &mut Tx, now: i64, member: &Candidate) -> Result<()> {
    let Some(minutes) = member.digest_minutes.filter(|_| member.is_personal) else { return Ok(()) };
    if outbox::is_waiting(tx, JobKind::Digest, member.id)? {
        return Ok(());
    }
    let when = When { now, due_at: now.saturating_add(minutes * MINUTE) };
    outbox::enqueue_at(tx, when, JobKind::Digest, member.id, Some(member.id), "")
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
