//! The shared code of the e-mails to one address.

use super::worker::Attempt;
use crate::i18n::{Lang, MailStrings};
use crate::mail::SendError;
use crate::service::App;

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

impl App {
    /// Returns the strings for the e-mails of a language, and the name of the server in it.
    pub(super) fn mail_strings(&self, lang: &str) -> (&'static MailStrings, String) {
        let lang = Lang::from_code(lang).unwrap_or_default();
        (&lang.strings().mail, self.server_name(lang))
    }
}
