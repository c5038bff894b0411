//! E-mails with a link by which a user confirms their address. The link is made for each attempt.

use super::email;
use super::worker::Attempt;
use crate::chat::digest;
use crate::ids::UserId;
use crate::mail::Email;
use crate::service::App;
use crate::text;

impl App {
    /// Hands the e-mail to the mail server once.
    pub(super) async fn try_confirm_email(&self, me: UserId, lang: &str) -> Attempt {
        let Some(mail) = self.mail.clone() else { return Attempt::Done(None) };
        let (address, code) = match self.write(me, move |tx, _, now| digest::confirmation(tx, now, me)).await {
            Ok(Some(found)) => found,
            // It was confirmed or removed meanwhile.
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let (strings, server) = self.mail_strings(lang);
        let text = (strings.confirm)(&server, &format!("{}/email/{}", self.base_url, code.reveal()));
        let to = text::email_for_delivery(&address);
        email::after(mail.send(Email::new(to, (strings.confirm_subject)(&server), text)).await)
    }
}
