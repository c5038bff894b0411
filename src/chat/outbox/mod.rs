//! The outbox: what is to happen outside of the store once an act is committed.
//!
//! A row is written in the transaction of the act that wants it, so it is there if and only if the
//! act is, and it goes when what it says has happened or is given up. So everything in it happens at
//! least once; whoever does it must be able to do it twice. Of one target the rows are taken in
//! order, the next when the one before it is done; between targets there is no order.

use super::{Fact, Limits, Tx};
use crate::db::{Column, Param, Value};
use crate::error::Result;
use crate::ids::{MessageId, UserId};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Look at the page of a message's link. The target is the message, the payload the link.
    Preview,
}

/// That within which order is kept, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target(u128);

impl From<MessageId> for Target {
    fn from(id: MessageId) -> Self {
        Self(id.as_u128())
    }
}

impl Target {
    /// The message that it is, of a kind whose targets are messages.
    pub fn message_id(self) -> MessageId {
        MessageId::from_u128(self.0)
    }
}

impl Param for Target {
    fn value(&self) -> Value<'_> {
        Value::Id(self.0.to_be_bytes())
    }
}

impl Column for Target {
    fn from_value(value: Value<'_>) -> Option<Self> {
        MessageId::from_value(value).map(Self::from)
    }
}

/// A row whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub number: i64,
    pub kind: JobKind,
    pub target: Target,
    pub payload: String,
    /// How often it was tried before.
    pub tries: u32,
}

/// What is to be done now, and when there is more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub jobs: Vec<Job>,
    /// When the next row is due that is not yet, in milliseconds since 1970 UTC.
    pub next_at: Option<i64>,
}

/// Writes down what is to be done, behind what waits for the same target.
///
/// # Errors
/// Only those of the store.
pub fn enqueue(
    tx: &mut Tx,
    now: i64,
    kind: JobKind,
    target: impl Into<Target>,
    user_id: Option<UserId>,
    payload: &str,
) -> Result<()> {
    tx.execute(
        "INSERT INTO outbox (kind, target, user_id, payload, tries, due_at, created_at)
         VALUES (?1, ?2, ?3, ?4, 0,
           CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2) THEN NULL ELSE ?5 END, ?5)",
        &[&kind, &target.into(), &user_id, &payload, &now],
    )?;
    tx.publish(Fact::Queued);
    Ok(())
}

/// Whether something is still to be done for a target.
///
/// # Errors
/// Only those of the store.
pub fn is_waiting(tx: &mut Tx, kind: JobKind, target: impl Into<Target>) -> Result<bool> {
    let sql = "SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2 LIMIT 1";
    Ok(tx.query_opt(sql, &[&kind, &target.into()], |row| row.get::<i64>(0))?.is_some())
}

/// How much of a kind waits that one person's acts have queued: whoever queues for people keeps a
/// bound on it.
///
/// # Errors
/// Only those of the store.
pub fn waiting_of(tx: &mut Tx, kind: JobKind, user_id: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM outbox WHERE user_id = ?1 AND kind = ?2";
    Ok(tx.query_one(sql, &[&user_id, &kind], |row| row.get(0))?)
}

/// Takes back what waits for a target; what is under way already ends as it may.
///
/// # Errors
/// Only those of the store.
pub fn drop_target(tx: &mut Tx, kind: JobKind, target: impl Into<Target>) -> Result<()> {
    tx.execute("DELETE FROM outbox WHERE kind = ?1 AND target = ?2", &[&kind, &target.into()])?;
    Ok(())
}

/// Takes back what one person's acts have queued, of a kind whose targets are each one person's: in
/// the middle of another's it would leave rows behind that nothing makes due.
///
/// # Errors
/// Only those of the store.
pub fn drop_of_user(tx: &mut Tx, kind: JobKind, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM outbox WHERE user_id = ?1 AND kind = ?2", &[&user_id, &kind])?;
    Ok(())
}

const DUE: &str =
    "SELECT number, kind, target, payload, tries FROM outbox WHERE due_at <= ?1 ORDER BY due_at, number LIMIT ?2";
const NEXT: &str = "SELECT MIN(due_at) FROM outbox WHERE due_at > ?1";

/// What is due, the longest due first, at most `most`: one row for each target.
///
/// # Errors
/// Only those of the store.
pub fn due(tx: &mut Tx, now: i64, most: usize) -> Result<Due> {
    let jobs = tx.query_all(DUE, &[&now, &(most as u64)], |row| {
        Ok(Job {
            number: row.get(0)?,
            kind: row.get(1)?,
            target: row.get(2)?,
            payload: row.get(3)?,
            tries: row.get(4)?,
        })
    })?;
    let next_at = tx.query_one(NEXT, &[&now], |row| row.get(0))?;
    Ok(Due { jobs, next_at })
}

/// Counts a try, before it is made: a row that brings the process down with it is not tried for ever.
/// Whether the row is still there.
///
/// # Errors
/// Only those of the store.
pub fn begin(tx: &mut Tx, number: i64) -> Result<bool> {
    Ok(tx.execute("UPDATE outbox SET tries = tries + 1 WHERE number = ?1", &[&number])? > 0)
}

/// Ends a row, done or given up, and makes the next of its target due. A row that was taken back
/// meanwhile is gone already.
///
/// # Errors
/// Only those of the store.
pub fn end(tx: &mut Tx, now: i64, number: i64) -> Result<()> {
    let sql = "DELETE FROM outbox WHERE number = ?1 RETURNING kind, target";
    let ended = tx.query_opt(sql, &[&number], |row| Ok((row.get::<JobKind>(0)?, row.get::<Target>(1)?)))?;
    let Some((kind, target)) = ended else { return Ok(()) };
    let next = "UPDATE outbox SET due_at = ?3 WHERE due_at IS NULL
                  AND number = (SELECT MIN(number) FROM outbox WHERE kind = ?1 AND target = ?2)";
    tx.execute(next, &[&kind, &target, &now])?;
    Ok(())
}

/// Puts a row off after a try that came to nothing, or gives it up when it was tried often enough or
/// would be too old by then. Whether it was given up.
///
/// # Errors
/// Only those of the store.
pub fn failed(tx: &mut Tx, limits: &Limits, now: i64, number: i64) -> Result<bool> {
    let sql = "SELECT tries, created_at FROM outbox WHERE number = ?1";
    let found = tx.query_opt(sql, &[&number], |row| Ok((row.get::<u32>(0)?, row.get::<i64>(1)?)))?;
    let Some((tries, created_at)) = found else { return Ok(false) };
    let due_at = now.saturating_add(pause(limits, tries));
    if tries >= limits.outbox_tries || due_at.saturating_sub(created_at) > limits.outbox_age_ms {
        end(tx, now, number)?;
        return Ok(true);
    }
    tx.execute("UPDATE outbox SET due_at = ?2 WHERE number = ?1", &[&number, &due_at])?;
    Ok(false)
}

/// How long to wait after the last of so many tries, in milliseconds.
fn pause(limits: &Limits, tries: u32) -> i64 {
    limits.outbox_pause_ms.saturating_mul(4i64.saturating_pow(tries.saturating_sub(1)))
}

#[cfg(test)]
mod tests;
