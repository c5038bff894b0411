//! The jobs that wait in the outbox.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chat::account::require_admin;
use crate::chat::kinds::AuditAction;
use crate::chat::{Tx, audit, outbox};
use crate::clock::rfc3339;
use crate::error::Result;
use crate::ids::UserId;

/// The jobs of one kind that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    pub kind: &'static str,
    pub count: u64,
    /// When the oldest was queued. RFC 3339 UTC with milliseconds.
    pub oldest: String,
}

/// Returns the jobs that wait, by kind.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn jobs(tx: &mut Tx, now: i64, me: Option<UserId>) -> Result<Vec<Waiting>> {
    require_admin(tx, me)?;
    let waiting = outbox::waiting(tx, now)?.into_iter();
    Ok(waiting.map(|(kind, count, oldest)| Waiting { kind: kind.as_str(), count, oldest: rfc3339(oldest) }).collect())
}

/// Tries the jobs again at once that wait after a failure. Returns how many.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn retry_jobs(tx: &mut Tx, now: i64, me: Option<UserId>) -> Result<usize> {
    require_admin(tx, me)?;
    let retried = outbox::retry_now(tx, now)?;
    audit::append(tx, now, me, AuditAction::JobsRetried, None, retried)?;
    Ok(retried)
}

/// Notes that an admin has asked for a backup.
///
/// # Errors
/// `forbidden` unless an admin.
pub fn note_backup(tx: &mut Tx, now: i64, me: UserId) -> Result<()> {
    require_admin(tx, Some(me))?;
    audit::append(tx, now, Some(me), AuditAction::BackupWanted, None, "-")
}
