//! Jobs that were given up. Admins see them and may try them again.

use schemars::JsonSchema;
use serde::Serialize;

use super::{JobKind, Target, enqueue};
use crate::chat::kinds::AuditAction;
use crate::chat::{Tx, account, audit};
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// How long a job that was given up is kept.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;
/// How many are kept; the oldest go first.
const KEPT: i64 = 10_000;

/// A job that was given up. What it was about is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadJob {
    pub number: i64,
    pub kind: String,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed.
    pub why: String,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    pub died_at: String,
}

/// Keeps a job that is given up. The caller deletes it from the queue.
pub(super) fn bury(tx: &mut Tx, now: i64, number: i64, why: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO dead_jobs (number, kind, target, user_id, payload, tries, why, created_at, died_at)
         SELECT number, kind, target, user_id, payload, tries - deferrals, ?2, created_at, ?3 FROM outbox WHERE number = ?1",
        &[&number, &why, &now],
    )?;
    Ok(())
}

/// Returns the jobs that were given up, the latest first, below a number. Admins and commands may.
///
/// # Errors
/// `forbidden`.
pub fn list(tx: &mut Tx, me: Option<UserId>, below: Option<i64>, limit: u32) -> Result<Vec<DeadJob>> {
    account::require_admin(tx, me)?;
    let sql = "SELECT number, kind, tries, why, created_at, died_at FROM dead_jobs WHERE number < ?1
               ORDER BY number DESC LIMIT ?2";
    Ok(tx.query_all(sql, &[&below.unwrap_or(i64::MAX), &limit], |row| {
        let mut c = row.columns();
        Ok(DeadJob {
            number: c.next()?,
            kind: c.next()?,
            tries: c.next()?,
            why: c.next()?,
            created_at: rfc3339(c.next()?),
            died_at: rfc3339(c.next()?),
        })
    })?)
}

/// Queues a job that was given up again, as a new one behind those of its target. Admins and commands may.
///
/// # Errors
/// `forbidden`; `not_found`, also for a kind that only a newer version knows.
pub fn retry(tx: &mut Tx, now: i64, me: Option<UserId>, number: i64) -> Result<()> {
    account::require_admin(tx, me)?;
    let sql = "DELETE FROM dead_jobs WHERE number = ?1 RETURNING kind, target, user_id, payload";
    let found = tx.query_opt(sql, &[&number], |row| {
        let mut c = row.columns();
        let job: (String, Target, Option<UserId>, String) = (c.next()?, c.next()?, c.next()?, c.next()?);
        Ok(job)
    })?;
    let (kind, target, user_id, payload) = found.ok_or(Code::NotFound)?;
    let kind = JobKind::from_name(&kind).ok_or(Code::NotFound)?;
    audit::append(tx, now, me, AuditAction::JobRetried, None, number)?;
    enqueue(tx, now, kind, target, user_id, &payload)
}

/// Drops a job that was given up. Admins and commands may.
///
/// # Errors
/// `forbidden`; `not_found`.
pub fn remove(tx: &mut Tx, now: i64, me: Option<UserId>, number: i64) -> Result<()> {
    account::require_admin(tx, me)?;
    if tx.execute("DELETE FROM dead_jobs WHERE number = ?1", &[&number])? == 0 {
        return Err(Code::NotFound.into());
    }
    audit::append(tx, now, me, AuditAction::JobDropped, None, number)
}

/// Deletes the jobs that were given up long ago, and those beyond the number that is kept.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, now: i64) -> Result<()> {
    tx.execute("DELETE FROM dead_jobs WHERE died_at < ?1", &[&now.saturating_sub(KEEP_MS)])?;
    let beyond = "DELETE FROM dead_jobs WHERE number <=
                    (SELECT number FROM dead_jobs ORDER BY number DESC LIMIT 1 OFFSET ?1)";
    tx.execute(beyond, &[&KEPT])?;
    Ok(())
}
