//! Messages that are sent later, and reminders. A job does it when they are due, under the rules of that moment; a message
//! that is refused then is a draft again, with the reason.

use std::sync::LazyLock;

use super::kinds::{JobKind, ScheduledKind};
use super::member::membership;
use super::message::{self, Message, NewMessage, Post};
use super::outbox::{self, When};
use super::suspension::check_not_suspended;
use super::user;
use super::{Limits, Tx, room, server_user};
use crate::db::{Fault, Row};
use crate::due_time::DueTime;
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, ScheduledId, UserId};
use crate::text;

/// The most of one user.
const MOST: u64 = 100;
/// How far ahead something may be due.
const AHEAD_MAX: i64 = 366 * 24 * 3_600_000;
/// Stands before what one is reminded of.
const BELL: &str = "⏰";

/// A scheduled message or a reminder, for its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    pub id: ScheduledId,
    pub user_id: UserId,
    pub room_id: RoomId,
    pub kind: ScheduledKind,
    /// The text; empty for a reminder of a message without further words.
    pub text: String,
    /// The seq of the message that it answers, or reminds of.
    pub reply_to: Option<i64>,
    pub due: DueTime,
    /// The language of its user.
    pub lang: String,
    /// Why it could not be sent.
    pub refused: Option<Code>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
}

/// What is to be scheduled.
#[derive(Clone, Debug)]
pub struct NewScheduled {
    pub kind: ScheduledKind,
    pub text: String,
    pub reply_to: Option<i64>,
    pub due: DueTime,
    pub lang: &'static str,
}

const COLUMNS: &str = "s.id, s.user_id, s.room_id, s.kind, s.text, s.reply_to, s.due_at, s.local_time, s.zone, s.lang, s.refused, s.created_at";

fn read(row: &Row<'_>) -> Result<Scheduled, Fault> {
    let mut c = row.columns();
    let (id, user_id, room_id, kind, text, reply_to) =
        (c.next()?, c.next()?, c.next()?, c.next()?, c.next()?, c.next()?);
    let due = DueTime { at: c.next()?, local: c.next()?, zone: c.next()? };
    let (lang, refused) = (c.next()?, c.next::<Option<String>>()?);
    let refused = refused.map(|name| Code::from_name(&name).unwrap_or(Code::Unavailable));
    Ok(Scheduled { id, user_id, room_id, kind, text, reply_to, due, lang, refused, created_at: c.next()? })
}

/// Schedules a message, or a reminder.
///
/// # Errors
/// `invalid` or `too_long` with the field `text`, `replyTo` or `at`; `room_not_found`, `gone`, `not_a_member`; `too_many`
/// for more than a hundred.
pub fn create(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    new: NewScheduled,
) -> Result<Scheduled> {
    let NewScheduled { kind, text, reply_to, due, lang } = new;
    let text = check_text(limits, kind, &text, reply_to)?;
    check_due(now, &due)?;
    let membership = membership(tx, me, room_id)?;
    if let Some(seq) = reply_to {
        message::check_answer(tx, me, room_id, membership.first_seq, seq)?;
    }
    let count = "SELECT COUNT(*) FROM scheduled_messages WHERE user_id = ?1";
    if tx.query_one(count, &[&me], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    let id = ScheduledId::new(now);
    tx.execute(
        "INSERT INTO scheduled_messages
           (id, user_id, room_id, kind, text, reply_to, local_time, zone, due_at, lang, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &[&id, &me, &room_id, &kind, &text, &reply_to, &due.local, &due.zone, &due.at, &lang, &now],
    )?;
    enqueue(tx, now, id, me, due.at)?;
    get(tx, me, id)
}

fn check_text(limits: &Limits, kind: ScheduledKind, text: &str, reply_to: Option<i64>) -> Result<String> {
    let is_reminder = kind == ScheduledKind::Reminder;
    let most = if is_reminder { limits.text_max.saturating_sub(reminder("").chars().count()) } else { limits.text_max };
    // A message to be reminded of says enough.
    text::message(text, most, is_reminder && reply_to.is_some())
}

fn reminder(text: &str) -> String {
    format!("{BELL} {text}")
}

fn check_due(now: i64, due: &DueTime) -> Result<()> {
    if due.at <= now {
        return Err(Error::invalid("at", "at must be in the future"));
    }
    if due.at - now > AHEAD_MAX {
        return Err(Error::invalid("at", "at must be within a year"));
    }
    Ok(())
}

fn enqueue(tx: &mut Tx, now: i64, id: ScheduledId, me: UserId, due_at: i64) -> Result<()> {
    outbox::enqueue_at(tx, When { now, due_at }, JobKind::Scheduled, id, Some(me), "")
}

/// Returns what a user has scheduled: first what was refused, then what is due next. At most a hundred.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx, me: UserId) -> Result<Vec<Scheduled>> {
    static LIST: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} FROM scheduled_messages s WHERE s.user_id = ?1
             ORDER BY CASE WHEN s.refused IS NULL THEN 1 ELSE 0 END, s.due_at, s.id LIMIT ?2"
        )
    });
    Ok(tx.query_all(&LIST, &[&me, &MOST], read)?)
}

/// Counts the messages of a user that could not be sent.
///
/// # Errors
/// Only those of the store.
pub fn refused_count(tx: &mut Tx, me: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM scheduled_messages WHERE user_id = ?1 AND refused IS NOT NULL";
    Ok(tx.query_one(sql, &[&me], |row| row.get(0))?)
}

/// Counts what a user has scheduled in a room and is still to be sent.
///
/// # Errors
/// Only those of the store.
pub fn waiting_count(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM scheduled_messages WHERE user_id = ?1 AND room_id = ?2 AND kind = 'message'
                 AND refused IS NULL";
    Ok(tx.query_one(sql, &[&me, &room_id], |row| row.get(0))?)
}

/// Returns a scheduled message, if it is still there.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, id: ScheduledId) -> Result<Option<Scheduled>> {
    static FIND: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {COLUMNS} FROM scheduled_messages s WHERE s.id = ?1"));
    Ok(tx.query_opt(&FIND, &[&id], read)?)
}

/// Returns the first unsent message of the same user, room and kind that is due no later than this one: what is due at one moment is
/// sent in the order in which it was scheduled. `None` if this one is gone or was refused.
///
/// # Errors
/// Only those of the store.
pub fn find_next(tx: &mut Tx, id: ScheduledId) -> Result<Option<Scheduled>> {
    // Two ids of one millisecond have no order; the jobs have.
    static FIRST: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} FROM scheduled_messages s JOIN outbox o ON o.kind = ?5 AND o.target = s.id
             WHERE s.user_id = ?1 AND s.room_id = ?2 AND s.kind = ?3 AND s.refused IS NULL AND s.due_at <= ?4
             ORDER BY s.due_at, o.number LIMIT 1"
        )
    });
    let Some(found) = find(tx, id)?.filter(|found| found.refused.is_none()) else { return Ok(None) };
    let Scheduled { user_id, room_id, kind, due, .. } = found;
    Ok(tx.query_opt(&FIRST, &[&user_id, &room_id, &kind, &due.at, &JobKind::Scheduled], read)?)
}

/// Returns a scheduled message of a user.
///
/// # Errors
/// `not_found`, also for that of somebody else.
pub fn get(tx: &mut Tx, me: UserId, id: ScheduledId) -> Result<Scheduled> {
    find(tx, id)?.filter(|found| found.user_id == me).ok_or(Code::NotFound.into())
}

/// Changes the text of a scheduled message, when it is due, or both. With a new time, one that was refused is tried again.
///
/// # Errors
/// `not_found`; `invalid` or `too_long` with the field `text` or `at`.
pub fn change(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    id: ScheduledId,
    text: Option<&str>,
    due: Option<&DueTime>,
) -> Result<Scheduled> {
    let found = get(tx, me, id)?;
    if let Some(text) = text {
        let text = check_text(limits, found.kind, text, found.reply_to)?;
        tx.execute("UPDATE scheduled_messages SET text = ?2 WHERE id = ?1", &[&id, &text])?;
    }
    if let Some(due) = due {
        check_due(now, due)?;
        move_to(tx, now, &found, due)?;
    }
    get(tx, me, id)
}

fn move_to(tx: &mut Tx, now: i64, scheduled: &Scheduled, due: &DueTime) -> Result<()> {
    let sql = "UPDATE scheduled_messages SET due_at = ?2, local_time = ?3, zone = ?4, refused = NULL WHERE id = ?1";
    tx.execute(sql, &[&scheduled.id, &due.at, &due.local, &due.zone])?;
    outbox::drop_target(tx, JobKind::Scheduled, scheduled.id)?;
    enqueue(tx, now, scheduled.id, scheduled.user_id, due.at)
}

/// Cancels a scheduled message.
///
/// # Errors
/// `not_found`.
pub fn cancel(tx: &mut Tx, me: UserId, id: ScheduledId) -> Result<()> {
    get(tx, me, id)?;
    take(tx, id)
}

fn take(tx: &mut Tx, id: ScheduledId) -> Result<()> {
    tx.execute("DELETE FROM scheduled_messages WHERE id = ?1", &[&id])?;
    outbox::drop_target(tx, JobKind::Scheduled, id)
}

/// Sends a scheduled message now, at once or because it is due, or reminds its user. The row ends in the same transaction, so it is
/// sent once.
///
/// # Errors
/// `not_found`; those of a message; `suspended`.
pub fn send(tx: &mut Tx, limits: &Limits, now: i64, scheduled: &Scheduled) -> Result<Message> {
    let Scheduled { id, user_id, room_id, .. } = *scheduled;
    // It was changed, cancelled or sent meanwhile.
    get(tx, user_id, id).and_then(|found| if found == *scheduled { Ok(()) } else { Err(Code::NotFound.into()) })?;
    check_not_suspended(tx, now, user_id)?;
    take(tx, id)?;
    if scheduled.kind == ScheduledKind::Reminder {
        return whisper(tx, limits, now, scheduled, reminder(&scheduled.text).trim_end());
    }
    let new = NewMessage {
        key: Some(id.to_string()),
        text: scheduled.text.clone(),
        reply_to: scheduled.reply_to,
        ..NewMessage::default()
    };
    Ok(message::send(tx, limits, now, user_id, room_id, new)?.message)
}

/// Turns a message that could not be sent into a draft again, unless it was changed meanwhile, and tells its user in the room, if they
/// are still there.
///
/// # Errors
/// Only those of the store.
pub fn refuse(tx: &mut Tx, limits: &Limits, now: i64, scheduled: &Scheduled, why: Code, words: &str) -> Result<()> {
    let sql = "UPDATE scheduled_messages SET refused = ?3 WHERE id = ?1 AND due_at = ?2 AND refused IS NULL";
    if tx.execute(sql, &[&scheduled.id, &scheduled.due.at, &why.name()])? == 0 {
        return Ok(());
    }
    match whisper(tx, limits, now, scheduled, words) {
        Err(error) if error.code == Code::Unavailable => Err(error),
        // They may have left; the list says why, too.
        _ => Ok(()),
    }
}

/// Whispers to the user of a scheduled message in its room.
fn whisper(tx: &mut Tx, limits: &Limits, now: i64, scheduled: &Scheduled, text: &str) -> Result<Message> {
    let Scheduled { user_id, room_id, .. } = *scheduled;
    let first_seq = membership(tx, user_id, room_id)?.first_seq;
    let reply_to = scheduled.reply_to.filter(|seq| *seq >= first_seq);
    let (user, to) = (server_user::get(tx, now)?, Some(user::get(tx, user_id)?));
    message::post(tx, limits, now, Post { user, room_id, to, text, reply_to, silent: false, maker: None })
}

/// Moves what is due at another moment than its local time says, as the rules of its zone have changed. Looks at some, in
/// the order of their ids, and returns the last.
///
/// # Errors
/// Only those of the store.
pub fn correct(tx: &mut Tx, now: i64, after: ScheduledId) -> Result<Option<ScheduledId>> {
    static SOME: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {COLUMNS} FROM scheduled_messages s WHERE s.id > ?1 AND s.refused IS NULL ORDER BY s.id LIMIT 100"
        )
    });
    let some = tx.query_all(&SOME, &[&after], read)?;
    for scheduled in &some {
        if let Some(due) = scheduled.due.corrected() {
            move_to(tx, now, scheduled, &due)?;
        }
    }
    Ok(some.last().map(|last| last.id))
}

/// Deletes what a user has scheduled, as they go.
pub(super) fn remove(tx: &mut Tx, me: UserId) -> Result<()> {
    tx.execute("DELETE FROM scheduled_messages WHERE user_id = ?1", &[&me])?;
    outbox::drop_of_user(tx, JobKind::Scheduled, me)
}

/// Returns the name of the room of a scheduled message as its user knows it; `None` once they are no longer a member.
///
/// # Errors
/// Only those of the store.
pub fn room_name(tx: &mut Tx, scheduled: &Scheduled) -> Result<Option<String>> {
    match membership(tx, scheduled.user_id, scheduled.room_id) {
        Ok(_) => room::name_for(tx, scheduled.user_id, scheduled.room_id).map(Some),
        Err(error) if error.code == Code::Unavailable => Err(error),
        Err(_) => Ok(None),
    }
}
