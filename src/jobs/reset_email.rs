//! E-mails with a link to choose a new password. The link is made for each attempt, so that no secret waits in the
//! outbox.

use super::email;
use super::worker::Attempt;
use crate::chat::account;
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::mail::Email;
use crate::service::App;
use crate::service::one_time_link::create_reset_link;
use crate::text;

impl App {
    /// Hands the e-mail to the mail server once.
    pub(super) async fn try_reset_email(&self, user_id: UserId, lang: &str) -> Attempt {
        // The mail server was removed from the settings meanwhile.
        let Some(mail) = self.mail.clone() else { return Attempt::Done(None) };
        let account = match self.db.read(move |tx| account::get(tx, user_id)).await {
            Ok(account) => account,
            Err(error) if error.code == crate::error::Code::NotFound => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        // The account was deleted meanwhile.
        let Some(email) = account.email else { return Attempt::Done(None) };
        // To the address as its owner wrote it, not as the request did.
        let to = text::email_for_delivery(&email);
        let Ok(link) = create_reset_link(&self.db, &self.base_url, email).await else {
            return Attempt::Failed("the link could not be created");
        };
        let lang = Lang::from_code(lang).unwrap_or_default();
        let (words, server) = (&lang.strings().mail, self.server_name(lang));
        email::after(mail.send(Email::new(to, (words.reset_subject)(&server), (words.reset)(&server, &link))).await)
    }
}
