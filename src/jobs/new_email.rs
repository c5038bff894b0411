//! E-mails with a link that confirms the new address of an account. The link is made for each attempt, so that no secret waits in the
//! outbox.

use serde::Deserialize;

use super::email;
use super::worker::Attempt;
use crate::chat::account::new_email;
use crate::chat::outbox::Job;
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
    pub(super) async fn try_new_email(&self, job: &Job) -> Attempt {
        let (Some(mail), Ok(Payload { lang, email })) = (self.mail.clone(), serde_json::from_str(&job.payload)) else {
            return Attempt::Done(None);
        };
        // The settings were changed meanwhile.
        if self.server_settings().check_email(&email).is_err() {
            return Attempt::Done(None);
        }
        let (me, number) = (UserId::from(job.target), job.number);
        let to = text::email_for_delivery(&email);
        let made = self.write(me, move |tx, _, now| new_email::make_link(tx, now, me, number, &email)).await;
        let (code, name) = match made {
            Ok(Some(made)) => made,
            // The account was deleted, or its password or address was changed meanwhile.
            Ok(None) => return Attempt::Done(None),
            Err(_) => return Attempt::Failed("the database does not answer"),
        };
        let (strings, server) = self.mail_strings(&lang);
        let text = (strings.new_email)(&server, &name, &format!("{}/email/new/{}", self.base_url, code.reveal()));
        email::after(mail.send(Email::new(to, (strings.new_email_subject)(&server), text)).await)
    }
}
