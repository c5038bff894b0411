//! E-mails with a link to sign up with the address. The link is made for each attempt, so that no secret waits in the outbox.

use super::email;
use super::worker::Attempt;
use crate::chat::session::Token;
use crate::chat::{Tx, account, sign_up};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::i18n::Lang;
use crate::mail::Email;
use crate::service::App;
use crate::text;

/// Makes the link; `None` where the address has an account.
fn make_link(tx: &mut Tx, email: &str) -> Result<Option<Token>> {
    match account::find_by_email(tx, email)? {
        Some(_) => Ok(None),
        None => sign_up::make_link(tx, now_ms(), email).map(Some),
    }
}

impl App {
    /// Hands the e-mail to the mail server once. The payload is the language and the address.
    pub(super) async fn try_sign_up_email(&self, payload: &str) -> Attempt {
        let (Some(mail), Some((lang, address))) = (self.mail.clone(), payload.split_once(' ')) else {
            return Attempt::Done(None);
        };
        let email = address.to_owned();
        let Ok(code) = self.db.write(Subject::Server, move |tx| make_link(tx, &email)).await else {
            return Attempt::Failed("the database does not answer");
        };
        let words = &Lang::from_code(lang).unwrap_or_default().strings().mail;
        let text = match code {
            Some(code) => (words.sign_up)(&format!("{}/signup/{}", self.base_url, code.reveal())),
            None => (words.has_account)(&format!("{}/login", self.base_url)),
        };
        let to = text::email_for_delivery(address);
        email::after(mail.send(Email::new(to, words.sign_up_subject, text)).await)
    }
}
