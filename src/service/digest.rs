//! Mail for what was missed: whether a user gets any, confirming the address, and unsubscribing by a link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use super::App;
use crate::chat::digest::{self, Digest};
use crate::chat::instance;
use crate::chat::one_time_link::LinkKind;
use crate::chat::session::Token;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::ids::UserId;

impl App {
    /// Returns what a user has chosen.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn digest(&self, me: UserId) -> Result<Digest> {
        self.db.read(move |tx| digest::get(tx, me)).await
    }

    /// Sets after how many minutes away a user is mailed, with `None` never; the first time a mail asks to confirm the
    /// address.
    ///
    /// # Errors
    /// `rate_limited`; `not_found` where no e-mails can be sent; `invalid` with the field `minutes`; `forbidden` for a user
    /// without an address.
    pub async fn set_digest(&self, me: UserId, minutes: Option<i64>, lang: Lang) -> Result<Digest> {
        self.rates.act(me)?;
        if !self.has_mail() {
            return Err(Code::NotFound.into());
        }
        self.write(me, move |tx, _, now| digest::set(tx, now, me, minutes, lang.code())).await
    }

    /// Confirms an address by its link.
    ///
    /// # Errors
    /// `gone`.
    pub async fn confirm_email(&self, code: Token) -> Result<()> {
        self.write(Subject::Server, move |tx, _, now| digest::confirm(tx, now, &code)).await
    }

    /// Checks the link that confirms an address, without using it up.
    ///
    /// # Errors
    /// `gone`.
    pub async fn check_email_link(&self, code: Token) -> Result<()> {
        self.check_link(LinkKind::Email, code).await
    }

    /// Unsubscribes the user of a link in a mail. Again it changes nothing.
    ///
    /// # Errors
    /// `gone` for a link that this server has not made.
    pub async fn unsubscribe_by_link(&self, link: &str) -> Result<()> {
        let me = self.check_unsubscribe_link(link).await?;
        self.write(me, move |tx, _, _| digest::stop(tx, me)).await
    }

    /// Returns the user of a link in a mail.
    ///
    /// # Errors
    /// `gone` for a link that this server has not made.
    pub async fn check_unsubscribe_link(&self, link: &str) -> Result<UserId> {
        let (user_id, tag) = link.split_once('.').ok_or(Code::Gone)?;
        let user_id: UserId = user_id.parse().map_err(|_| Code::Gone)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Code::Gone)?;
        let key = self.link_key().await?;
        hmac::verify(&key, &signed(user_id), &tag).map_err(|_| Code::Gone)?;
        Ok(user_id)
    }

    /// Returns the address in a mail at which its user unsubscribes.
    ///
    /// # Errors
    /// Only those of the store.
    pub(crate) async fn unsubscribe_url(&self, user_id: UserId) -> Result<String> {
        let tag = hmac::sign(&self.link_key().await?, &signed(user_id));
        Ok(format!("{}/unsubscribe/{user_id}.{}", self.base_url, URL_SAFE_NO_PAD.encode(tag.as_ref())))
    }

    async fn link_key(&self) -> Result<hmac::Key> {
        let secret = self.write(Subject::Server, |tx, _, _| instance::secret(tx)).await?;
        Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }
}

fn signed(user_id: UserId) -> Vec<u8> {
    format!("unsubscribe {user_id}").into_bytes()
}
