//! E-mails with a link to sign up with the address. The link is made for each attempt, so that no secret waits in the outbox.

use serde::Deserialize;

use super::email;
use super::worker::Attempt;
use crate::chat::session::Token;
use crate::chat::{Tx, account, sign_up};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::mail::Email;
use crate::service::App;
use crate::text;

/// What the outbox keeps of the e-mail.
#[derive(Deserialize)]
struct Payload {
    lang: String,
    email: String,
    /// The path of the page to continue with.
    next: Option<String>,
}

/// Makes the link; `None` where the address has an account.
fn make_link(tx: &mut Tx, email: &str) -> Result<Option<Token>> {
    match account::find_by_email(tx, email)? {
        Some(_) => Ok(None),
        None => sign_up::make_link(tx, now_ms(), email).map(Some),
    }
}

impl App {
    /// Hands the e-mail to the mail server once.
    pub(super) async fn try_sign_up_email(&self, payload: &str) -> Attempt {
        let (Some(mail), Ok(Payload { lang, email, next })) = (self.mail.clone(), serde_json::from_str(payload)) else {
            return Attempt::Done(None);
        };
        // The settings were changed meanwhile.
        if self.server_settings().check_sign_up(&email, false, true).is_err() {
            return Attempt::Done(None);
        }
        let address = email.clone();
        let Ok(code) = self.db.write(Subject::Server, move |tx| make_link(tx, &address)).await else {
            return Attempt::Failed("the database does not answer");
        };
        let (strings, server) = self.mail_strings(&lang);
        let text = match code {
            Some(code) => {
                let query = next.map(|next| {
                    form_urlencoded::Serializer::for_suffix("?".to_owned(), 1).append_pair("next", &next).finish()
                });
                let link = format!("{}/signup/{}{}", self.base_url, code.reveal(), query.unwrap_or_default());
                (strings.sign_up)(&server, &link)
            }
            None => (strings.has_account)(&server, &format!("{}/login", self.base_url)),
        };
        let to = text::email_for_delivery(&email);
        email::after(mail.send(Email::new(to, (strings.sign_up_subject)(&server), text)).await)
    }
}
