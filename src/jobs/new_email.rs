//! E-mails with a link that changes the address of an account. The link is made for each attempt, so that no secret waits in the
//! outbox.

use serde::Deserialize;

use super::email;
use super::worker::Attempt;
use crate::chat::account::new_email;
use crate::ids::UserId;
use crate::mail::Email;
use crate::service::App;
use crate::text;

/// What the outbox keeps of the e-mail.
#[derive(Deserialize)]
struct Payload {
    lang: String,
    email: String,
}

impl App {
    /// Hands the e-mail to the mail server once.
    pub(super) async fn try_new_email(&self, me: UserId, payload: &str) -> Attempt {
        let (Some(mail), Ok(Payload { lang, email })) = (self.mail.clone(), serde_json::from_str(payload)) else {
            return Attempt::Done(None);
        };
        let to = text::email_for_delivery(&email);
        let code = match self.write(me, move |tx, _, now| new_email::make_link(tx, now, me, &email)).await {
            Ok(Some(code)) => code,
            // The account was deleted meanwhile.
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let (strings, server) = self.mail_strings(&lang);
        let text = (strings.new_email)(&server, &format!("{}/email/new/{}", self.base_url, code.reveal()));
        email::after(mail.send(Email::new(to, (strings.new_email_subject)(&server), text)).await)
    }
}
