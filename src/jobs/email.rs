//! How an e-mail to one address goes on.

use super::worker::Attempt;
use crate::mail::SendError;

/// Returns how the job of an e-mail goes on.
pub(super) fn after(sent: Result<(), SendError>) -> Attempt {
    match sent {
        Ok(()) => {
            tracing::info!("an e-mail was sent");
            Attempt::Done(None)
        }
        Err(SendError::Temporary(why) | SendError::Unknown(why)) => {
            tracing::warn!(why, "an e-mail was not sent; it is tried again later");
            Attempt::Failed("the mail server did not take it")
        }
        Err(SendError::Permanent(why)) => {
            tracing::warn!(why, "an e-mail was refused");
            Attempt::Done(None)
        }
    }
}
