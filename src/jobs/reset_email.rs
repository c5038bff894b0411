//! E-mails with a link to choose a new password. The link is made for each attempt, so that no secret waits in the
//! outbox.

use super::email;
use super::worker::Attempt;
use crate::chat::one_time_link::{self, LinkKind};
use crate::chat::{Limits, Tx, account};
use crate::ids::UserId;
use crate::mail::Email;
use crate::service::App;
use crate::service::one_time_link::password_url;
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
        let make = move |tx: &mut Tx, _: &Limits, now| one_time_link::make(tx, now, LinkKind::Password, Some(user_id));
        let Ok(code) = self.write(user_id, make).await else {
            return Attempt::Failed("the link could not be created");
        };
        let (strings, server) = self.mail_strings(lang);
        let text = (strings.reset)(&server, &password_url(&self.base_url, &code));
        email::after(mail.send(Email::new(to, (strings.reset_subject)(&server), text)).await)
    }
}
