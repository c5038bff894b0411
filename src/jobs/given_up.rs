//! What a job that was given up leaves behind, where its user sees it.

use crate::chat::kinds::JobKind;
use crate::chat::outbox::Job;
use crate::chat::scheduled::{self, Scheduled};
use crate::chat::{Limits, Tx, outgoing_hook};
use crate::error::{Code, Result};
use crate::i18n::{Lang, page_refusal};

/// Ends the delivery of a webhook; turns a scheduled message into a draft again. `why` its last try failed may be the name of an
/// error code.
pub(super) fn give_up(tx: &mut Tx, limits: &Limits, now: i64, job: &Job, why: &str) -> Result<()> {
    match (job.kind, job.payload.parse()) {
        (JobKind::Hook, Ok(id)) => outgoing_hook::give_up(tx, now, id),
        (JobKind::Scheduled, _) => match scheduled::find(tx, job.target.into())? {
            Some(found) => refuse(tx, limits, now, &found, Code::from_name(why).unwrap_or(Code::Unavailable)),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Turns a scheduled message into a draft again, and tells its user why.
pub(super) fn refuse(tx: &mut Tx, limits: &Limits, now: i64, scheduled: &Scheduled, why: Code) -> Result<()> {
    let lang = Lang::from_code(&scheduled.lang).unwrap_or_default();
    let words = (lang.strings().scheduled.not_sent)(page_refusal(why, lang));
    scheduled::refuse(tx, limits, now, scheduled, why, &words)
}
