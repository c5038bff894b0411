//! The outbox: the durable queue of jobs that run outside of the store after an act is committed.
//!
//! A job is inserted in the transaction of its act, so it exists if and only if the act is committed. It is deleted
//! when it is done or given up. So every job runs at least once and must be idempotent; a mail for what was missed notes
//! first that it is sent, so that a second run sends nothing. Jobs of one target run in
//! order, one at a time; jobs of different targets have no order. Each kind has its own [`Policy`] and its own share of
//! the work.
//!
//! A server claims a job before it runs it: until the claim ends, the job is due for no other. The number of tries
//! tells claims of one job apart, so a server whose claim has ended can no longer end the job.

pub mod dead;
mod policy;

pub use policy::{Policies, Policy};

use super::kinds::JobKind;
use super::{Fact, Tx};
use crate::db::{Column, Param, Value};
use crate::error::Result;
use crate::ids::{self, HookId, MessageId, PushId, RoomId, ScheduledId, UserId};

/// The target of a job, by its id. Jobs of one target run in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target(u128);

macro_rules! targets {
    ($($id:ident)+) => {$(
        impl From<$id> for Target {
            fn from(id: $id) -> Self {
                Self(id.as_u128())
            }
        }

        impl From<Target> for $id {
            fn from(target: Target) -> Self {
                Self::from_u128(target.0)
            }
        }
    )+};
}

impl Target {
    /// Returns a target that no other job has, so that the job waits for none.
    pub fn unique(now: i64) -> Self {
        Self(ids::make(now))
    }

    /// Returns the target of jobs that are about two things, so that other pairs do not wait for them.
    pub fn of_pair(push: PushId, room_id: RoomId) -> Self {
        Self(push.as_u128() ^ room_id.as_u128().rotate_left(64))
    }
}

targets! { MessageId HookId PushId RoomId ScheduledId UserId }

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
    /// The number of earlier claims; once it is claimed, with this one.
    pub tries: u32,
    /// How many of them were no tries, as this server had no capacity.
    pub deferrals: u32,
}

impl Job {
    /// Returns how often it was tried, with the present try.
    pub fn tried(&self) -> u32 {
        self.tries - self.deferrals
    }
}

/// How a failed job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again.
    Delayed,
    GivenUp,
    /// It is no longer this server's: it was deleted, or its claim has ended.
    Lost,
}

/// Why a job is given up whose tries all ended with their process.
pub const NEVER_ENDED: &str = "it never ended";

/// Whether a job is this server's to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    Mine(Job),
    /// Its last try never ended.
    GivenUp,
    /// Another server has it, or it is gone.
    Lost,
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
    enqueue_at(tx, When { now, due_at: now }, kind, target, user_id, payload)
}

/// When a job is queued, and when it is first due.
#[derive(Clone, Copy, Debug)]
pub struct When {
    pub now: i64,
    pub due_at: i64,
}

/// Queues a job that is due later; behind waiting ones of the same target, as soon as those are done. Its age counts from
/// when it is due.
///
/// # Errors
/// Only those of the store.
pub fn enqueue_at(
    tx: &mut Tx,
    when: When,
    kind: JobKind,
    target: impl Into<Target>,
    user_id: Option<UserId>,
    payload: &str,
) -> Result<()> {
    tx.execute(
        "INSERT INTO outbox (kind, target, user_id, payload, tries, due_at, created_at)
         VALUES (?1, ?2, ?3, ?4, 0,
           CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2) THEN NULL ELSE ?5 END, ?6)",
        &[&kind, &target.into(), &user_id, &payload, &when.due_at, &when.due_at.max(when.now)],
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

/// Returns whether a job of a target waits that no server has begun: it will see what is written now.
///
/// # Errors
/// Only those of the store.
pub fn has_unstarted(tx: &mut Tx, kind: JobKind, target: impl Into<Target>) -> Result<bool> {
    let sql = "SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2 AND tries = 0 LIMIT 1";
    Ok(tx.query_opt(sql, &[&kind, &target.into()], |row| row.get::<i64>(0))?.is_some())
}

/// Makes a job that no server has begun due earlier.
///
/// # Errors
/// Only those of the store.
pub fn hasten(tx: &mut Tx, kind: JobKind, target: impl Into<Target>, due_at: i64) -> Result<()> {
    let sql =
        "UPDATE outbox SET due_at = ?3, created_at = ?3 WHERE kind = ?1 AND target = ?2 AND tries = 0 AND due_at > ?3";
    if tx.execute(sql, &[&kind, &target.into(), &due_at])? > 0 {
        tx.publish(Fact::Queued);
    }
    Ok(())
}

/// Returns whether a target has so many waiting jobs.
///
/// # Errors
/// Only those of the store.
pub fn is_full(tx: &mut Tx, kind: JobKind, target: impl Into<Target>, most: u64) -> Result<bool> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE kind = ?1 AND target = ?2 LIMIT ?3) w";
    Ok(tx.query_one(sql, &[&kind, &target.into(), &most], |row| row.get::<u64>(0))? >= most)
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

/// Deletes the jobs that a user's acts have queued, also those that were given up. Only for a kind whose targets each
/// belong to one user: otherwise the next job of a target would never become due.
///
/// # Errors
/// Only those of the store.
pub fn drop_of_user(tx: &mut Tx, kind: JobKind, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM outbox WHERE user_id = ?1 AND kind = ?2", &[&user_id, &kind])?;
    tx.execute("DELETE FROM dead_jobs WHERE user_id = ?1 AND kind = ?2", &[&user_id, &kind])?;
    Ok(())
}

const DUE: &str = "SELECT number, kind, target, payload, tries, deferrals FROM outbox WHERE kind = ?1 AND due_at <= ?2
                   ORDER BY due_at, number LIMIT ?3";
const NEXT: &str = "SELECT MIN(due_at) FROM outbox WHERE kind = ?1 AND due_at > ?2";

/// Returns the due jobs of a kind, the longest due first, at most `most`, one for each target.
///
/// # Errors
/// Only those of the store.
pub fn due(tx: &mut Tx, now: i64, kind: JobKind, most: usize) -> Result<Due> {
    let jobs = tx.query_all(DUE, &[&kind, &now, &(most as u64)], |row| {
        let mut c = row.columns();
        Ok(Job {
            number: c.next()?,
            kind: c.next()?,
            target: c.next()?,
            payload: c.next()?,
            tries: c.next()?,
            deferrals: c.next()?,
        })
    })?;
    let next_at = tx.query_one(NEXT, &[&kind, &now], |row| row.get(0))?;
    Ok(Due { jobs, next_at })
}

/// Counts the jobs that wait, by kind, with the time since which the oldest does: when it was queued or, if that is later, first
/// due.
///
/// # Errors
/// Only those of the store.
pub fn waiting(tx: &mut Tx, now: i64) -> Result<Vec<(JobKind, u64, i64)>> {
    let sql = "SELECT kind, COUNT(*), MIN(created_at) FROM outbox WHERE created_at <= ?1 GROUP BY kind ORDER BY kind";
    Ok(tx.query_all(sql, &[&now], |row| {
        let mut c = row.columns();
        Ok((c.next()?, c.next()?, c.next()?))
    })?)
}

/// Makes the jobs due that wait after a failure, but none that is running, and returns how many.
///
/// # Errors
/// Only those of the store.
pub fn retry_now(tx: &mut Tx, now: i64) -> Result<usize> {
    let retried =
        tx.execute("UPDATE outbox SET due_at = ?1 WHERE due_at > ?1 AND tries > 0 AND claimed_by IS NULL", &[&now])?;
    tx.publish(Fact::Queued);
    Ok(retried)
}

/// Makes the jobs due that nobody has tried and that a clock which was ahead has put off. What is due later on purpose stays:
/// scheduled messages and digests.
///
/// # Errors
/// Only those of the store.
pub fn hasten_untried(tx: &mut Tx, now: i64) -> Result<()> {
    let sql = "UPDATE outbox SET due_at = ?1 WHERE due_at > ?1 AND tries = 0 AND kind NOT IN (?2, ?3)";
    tx.execute(sql, &[&now, &JobKind::Scheduled, &JobKind::Digest])?;
    Ok(())
}

/// Claims a due job for a node and counts the try before it starts, so that a job that crashes the process is not tried
/// forever. Returns the job if it is this node's now. One that was tried too often, because the process ended each
/// time, is given up.
///
/// # Errors
/// Only those of the store.
pub fn claim(tx: &mut Tx, policies: &Policies, now: i64, node: u16, job: &Job) -> Result<Claimed> {
    let policy = policies.of(job.kind);
    if job.tried() >= policy.tries {
        let failed = failed(tx, policies, now, job, NEVER_ENDED, None)?;
        return Ok(if failed == Failed::GivenUp { Claimed::GivenUp } else { Claimed::Lost });
    }
    let sql = "UPDATE outbox SET tries = tries + 1, due_at = ?3, claimed_by = ?4
               WHERE number = ?1 AND tries = ?2 AND due_at <= ?5";
    let until = now.saturating_add(policy.claim_ms());
    let claimed = tx.execute(sql, &[&job.number, &job.tries, &until, &i64::from(node), &now])? > 0;
    Ok(if claimed { Claimed::Mine(Job { tries: job.tries + 1, ..job.clone() }) } else { Claimed::Lost })
}

/// Ends the claims of a node that has ended, so that its jobs are due at once.
///
/// # Errors
/// Only those of the store.
pub fn release_claims(tx: &mut Tx, now: i64, node: u16) -> Result<()> {
    let sql = "UPDATE outbox SET due_at = ?2, claimed_by = NULL WHERE claimed_by = ?1";
    if tx.execute(sql, &[&i64::from(node), &now])? > 0 {
        tx.publish(Fact::Queued);
    }
    Ok(())
}

/// Deletes a job that is done, and makes the next of its target due. Returns whether it was still claimed by this try.
///
/// # Errors
/// Only those of the store.
pub fn end(tx: &mut Tx, now: i64, job: &Job) -> Result<bool> {
    let sql = "DELETE FROM outbox WHERE number = ?1 AND tries = ?2";
    if tx.execute(sql, &[&job.number, &job.tries])? == 0 {
        return Ok(false);
    }
    let next = "UPDATE outbox SET due_at = ?3 WHERE due_at IS NULL
                  AND number = (SELECT MIN(number) FROM outbox WHERE kind = ?1 AND target = ?2)";
    tx.execute(next, &[&job.kind, &job.target, &now])?;
    Ok(true)
}

/// Delays a job after a failed try, or gives it up when it was tried too often or would be too old. It is not tried
/// again before `pause_ms`, where the other side asks for that.
///
/// # Errors
/// Only those of the store.
pub fn failed(
    tx: &mut Tx,
    policies: &Policies,
    now: i64,
    job: &Job,
    why: &str,
    pause_ms: Option<i64>,
) -> Result<Failed> {
    let sql = "SELECT created_at FROM outbox WHERE number = ?1 AND tries = ?2";
    let found = tx.query_opt(sql, &[&job.number, &job.tries], |row| row.get::<i64>(0))?;
    let Some(created_at) = found else { return Ok(Failed::Lost) };
    let policy = policies.of(job.kind);
    let pause_ms = policy.pause_ms(job.number, job.tried()).max(pause_ms.unwrap_or(0));
    let due_at = now.saturating_add(pause_ms);
    if job.tried() >= policy.tries || due_at.saturating_sub(created_at) > policy.age_ms {
        if policy.is_kept {
            dead::bury(tx, now, job.number, why)?;
        }
        end(tx, now, job)?;
        return Ok(Failed::GivenUp);
    }
    tx.execute("UPDATE outbox SET due_at = ?2, claimed_by = NULL WHERE number = ?1", &[&job.number, &due_at])?;
    Ok(Failed::Delayed)
}

/// Gives a claimed job back until a later time, which counts as no failure. The claim stays counted, as the number of claims tells
/// them apart. One that is too old is given up for the reason `why`.
///
/// # Errors
/// Only those of the store.
pub fn defer(tx: &mut Tx, policies: &Policies, now: i64, job: &Job, wait_ms: i64, why: &str) -> Result<Failed> {
    let sql = "UPDATE outbox SET due_at = ?3, claimed_by = NULL, deferrals = deferrals + 1
               WHERE number = ?1 AND tries = ?2 AND created_at >= ?4";
    let oldest = now.saturating_sub(policies.of(job.kind).age_ms);
    match tx.execute(sql, &[&job.number, &job.tries, &now.saturating_add(wait_ms), &oldest])? {
        0 => failed(tx, policies, now, job, why, None),
        _ => Ok(Failed::Delayed),
    }
}

#[cfg(test)]
mod tests;
