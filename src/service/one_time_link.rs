//! One-time links: for a forgotten password, built from the server's own address and never from a request, and to another
//! device of a user.

use std::net::IpAddr;

use super::{App, ClientInfo, Entered, log_failure};
use crate::chat::Tx;
use crate::chat::account;
use crate::chat::kinds::JobKind;
use crate::chat::one_time_link::{self, LinkKind, PasswordLink};
use crate::chat::outbox;
use crate::chat::session::{self, Session, Token};
use crate::chat::user::{self, User};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::password::check_choice;

/// Returns the address at which a user chooses a password.
pub(crate) fn password_url(base_url: &str, code: &Token) -> String {
    format!("{base_url}/reset/{}", code.reveal())
}

impl App {
    /// Whether e-mails can be sent: links for a forgotten password, to sign up and to a new address, and missed messages.
    pub fn has_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// Checks that a link is valid, without using it up.
    ///
    /// # Errors
    /// `gone`.
    pub async fn check_link(&self, kind: LinkKind, code: Token) -> Result<()> {
        self.db.read(move |tx| one_time_link::look(tx, now_ms(), kind, &code)).await.map(drop)
    }

    /// Looks at a link to choose a password, without using it up.
    ///
    /// # Errors
    /// `gone`.
    pub async fn password_link(&self, code: Token) -> Result<PasswordLink> {
        self.db.read(move |tx| one_time_link::look_password(tx, now_ms(), &code)).await
    }

    /// Makes a link that signs a user in on another device; the one before ends.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn create_device_link(&self, me: UserId) -> Result<Token> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, now| one_time_link::make(tx, now, LinkKind::Device, Some(me))).await
    }

    /// Returns whom a link to another device signs in.
    ///
    /// # Errors
    /// `gone`.
    pub async fn user_of_device_link(&self, code: Token) -> Result<User> {
        let find = move |tx: &mut Tx| {
            let user_id = one_time_link::look(tx, now_ms(), LinkKind::Device, &code)?.ok_or(Code::Gone)?;
            user::get(tx, user_id)
        };
        self.db.read(find).await
    }

    /// Signs in by a link from another device, and ends the former session of this one.
    ///
    /// # Errors
    /// `gone`; `rate_limited`; `forbidden` for a suspended user.
    pub async fn take_device_link(&self, code: Token, former: Option<&Session>, client: ClientInfo) -> Result<Entered> {
        self.rates.log_in_network(client.address)?;
        let former_id = former.map(|session| session.id);
        let take = self.write(Subject::Server, move |tx, _, now| {
            let user_id = one_time_link::take(tx, now, LinkKind::Device, &code)?.ok_or(Code::Gone)?;
            if let Some(former) = former_id {
                session::close(tx, former)?;
            }
            let user = user::get(tx, user_id)?;
            Entered::open(tx, now, user, &client)
        });
        take.await
    }

    /// Mails a link to choose a new password, if the e-mail has an account. The answer is the same and takes as long
    /// either way.
    ///
    /// # Errors
    /// `not_found` where no e-mails can be sent; `rate_limited` for the address; `invalid` for something that is not
    /// an e-mail.
    pub async fn forgot_password(&self, email: String, lang: Lang, address: IpAddr) -> Result<()> {
        if !self.has_mail() {
            return Err(Code::NotFound.into());
        }
        let email = crate::text::email(&email)?;
        self.rates.mail(address)?;
        if !self.rates.may_mail(&crate::text::email_key(&email)) {
            return Ok(());
        }
        // After the request, so that its duration does not show whether the account exists.
        let app = self.clone();
        tokio::spawn(async move {
            let queued = app.write(Subject::Server, move |tx, _, now| match account::find_by_email(tx, &email)? {
                Some((user_id, _)) => outbox::enqueue(tx, now, JobKind::ResetEmail, user_id, None, lang.code()),
                None => Ok(()),
            });
            log_failure("queueing an e-mail for a forgotten password", queued.await);
        });
        Ok(())
    }

    /// Sets a new password by a link; all sessions of the account end. Returns whose it is.
    ///
    /// # Errors
    /// `gone`; `invalid`, `too_long` with the field `password`, which leave the link as it was;
    /// `rate_limited`, `busy`.
    pub async fn reset_password(&self, code: Token, password: String, address: IpAddr) -> Result<UserId> {
        self.rates.reset(address)?;
        let looked = code.clone();
        let account = self.db.read(move |tx| {
            let link = one_time_link::look_password(tx, now_ms(), &looked)?;
            account::get(tx, link.user_id)
        });
        let account = account.await?;
        check_choice(&password, &[account.email.as_deref().unwrap_or_default(), &account.user.name])?;
        let hash = self.passwords.hash(self.budgets.network(address), password).await?;
        self.write(account.user.id, move |tx, _, now| {
            let user_id = one_time_link::take_password(tx, now, &code)?;
            account::set_password(tx, user_id, &hash, None)?;
            Ok(user_id)
        })
        .await
    }
}
