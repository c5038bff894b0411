//! The outbox: the durable queue of jobs that run outside of the store after an act is committed.
//!
//! A job is inserted in the transaction of its act, so it exists if and only if the act is committed. It is deleted
//! when it is done or given up. So every job runs at least once and must be idempotent. Jobs of one target run in
//! order, one at a time; jobs of different targets have no order.

use super::kinds::JobKind;
use super::{Fact, Limits, Tx};
use crate::db::{Column, Param, Value};
use crate::error::Result;
use crate::ids::{MessageId, UserId};

/// The target of a job, by its id. Jobs of one target run in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target(u128);

impl From<MessageId> for Target {
    fn from(id: MessageId) -> Self {
        Self(id.as_u128())
    }
}

impl From<UserId> for Target {
    fn from(id: UserId) -> Self {
        Self(id.as_u128())
    }
}

impl Target {
    /// Returns the user of a job whose target is one.
    pub fn user_id(self) -> UserId {
        UserId::from_u128(self.0)
    }

    /// Returns the message of a job whose target is one.
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

/// A job that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub number: i64,
    pub kind: JobKind,
    pub target: Target,
    pub payload: String,
    /// The number of earlier tries.
    pub tries: u32,
}

/// The jobs that are due, and the time of the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub jobs: Vec<Job>,
    /// When the next job will be due, in milliseconds since 1970 UTC.
    pub next_at: Option<i64>,
}

/// Queues a job, behind the waiting ones of the same target.
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

/// Returns whether a target has a waiting job.
///
/// # Errors
/// Only those of the store.
pub fn is_waiting(tx: &mut Tx, kind: JobKind, target: impl Into<Target>) -> Result<bool> {
    let sql = "SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2 LIMIT 1";
    Ok(tx.query_opt(sql, &[&kind, &target.into()], |row| row.get::<i64>(0))?.is_some())
}

/// Counts the waiting jobs of a kind that a user's acts have queued. The caller limits it.
///
/// # Errors
/// Only those of the store.
pub fn waiting_of(tx: &mut Tx, kind: JobKind, user_id: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM outbox WHERE user_id = ?1 AND kind = ?2";
    Ok(tx.query_one(sql, &[&user_id, &kind], |row| row.get(0))?)
}

/// Deletes the waiting jobs of a target. A running one is not stopped.
///
/// # Errors
/// Only those of the store.
pub fn drop_target(tx: &mut Tx, kind: JobKind, target: impl Into<Target>) -> Result<()> {
    tx.execute("DELETE FROM outbox WHERE kind = ?1 AND target = ?2", &[&kind, &target.into()])?;
    Ok(())
}

/// Deletes the jobs that a user's acts have queued. Only for a kind whose targets each belong to one user: otherwise
/// the next job of a target would never become due.
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

/// Returns the due jobs, the longest due first, at most `most`, one for each target.
///
/// # Errors
/// Only those of the store.
pub fn due(tx: &mut Tx, now: i64, most: usize) -> Result<Due> {
    let jobs = tx.query_all(DUE, &[&now, &(most as u64)], |row| {
        let mut c = row.columns();
        Ok(Job { number: c.next()?, kind: c.next()?, target: c.next()?, payload: c.next()?, tries: c.next()? })
    })?;
    let next_at = tx.query_one(NEXT, &[&now], |row| row.get(0))?;
    Ok(Due { jobs, next_at })
}

/// Counts the jobs that wait, by kind, with the time at which the oldest was queued.
///
/// # Errors
/// Only those of the store.
pub fn waiting(tx: &mut Tx) -> Result<Vec<(JobKind, u64, i64)>> {
    let sql = "SELECT kind, COUNT(*), MIN(created_at) FROM outbox GROUP BY kind ORDER BY kind";
    Ok(tx.query_all(sql, &[], |row| {
        let mut c = row.columns();
        Ok((c.next()?, c.next()?, c.next()?))
    })?)
}

/// Makes the jobs due that wait after a failure, and returns how many.
///
/// # Errors
/// Only those of the store.
pub fn retry_now(tx: &mut Tx, now: i64) -> Result<usize> {
    let retried = tx.execute("UPDATE outbox SET due_at = ?1 WHERE due_at > ?1", &[&now])?;
    tx.publish(Fact::Queued);
    Ok(retried)
}

/// Counts a try before it starts, so that a job that crashes the process is not tried forever. Returns whether the
/// job still exists.
///
/// # Errors
/// Only those of the store.
pub fn begin(tx: &mut Tx, number: i64) -> Result<bool> {
    Ok(tx.execute("UPDATE outbox SET tries = tries + 1 WHERE number = ?1", &[&number])? > 0)
}

/// Deletes a job that is done or given up, and makes the next of its target due. The job may be deleted already.
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

/// Delays a job after a failed try, or gives it up when it was tried too often or would be too old. Returns whether
/// it was given up.
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

/// Returns the pause after a number of tries, in milliseconds.
fn pause(limits: &Limits, tries: u32) -> i64 {
    limits.outbox_pause_ms.saturating_mul(4i64.saturating_pow(tries.saturating_sub(1)))
}

#[cfg(test)]
mod tests;
