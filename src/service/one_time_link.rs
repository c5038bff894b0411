//! One-time links: the first admin, a forgotten password. They are built from our own address and
//! never from what a request says.

use super::{App, log_failure};
use crate::chat::account;
use crate::chat::one_time_link::{self, LinkKind};
use crate::chat::session::{Session, Token};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Result};
use crate::i18n::Lang;
use crate::mail::Letter;
use crate::password::check_choice;
use std::net::IpAddr;

impl App {
    /// Whether letters can be sent, and so a forgotten password be helped without the operator.
    pub fn has_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// A link to become an admin, for the operator's eyes.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn admin_link(&self) -> Result<String> {
        let code =
            self.db.write(Subject::Server, |tx| one_time_link::make(tx, now_ms(), LinkKind::Admin, None)).await?;
        Ok(format!("{}/admin/{}", self.base_url, code.reveal()))
    }

    /// Tells the operator how to become the first admin, as long as there is none.
    pub async fn offer_admin(&self) {
        match self.db.read(account::find_admin).await {
            Ok(None) => match self.admin_link().await {
                Ok(link) => tracing::info!("there is no admin yet; open {link} within a day to become one"),
                failed => log_failure("a link for the first admin", failed),
            },
            found => log_failure("looking for an admin", found),
        }
    }

    /// Whether a link still opens; looking uses nothing up.
    ///
    /// # Errors
    /// `gone`.
    pub async fn look_at_link(&self, kind: LinkKind, code: Token) -> Result<()> {
        self.db.read(move |tx| one_time_link::look(tx, now_ms(), kind, &code)).await.map(drop)
    }

    /// Makes oneself an admin by a link.
    ///
    /// # Errors
    /// `gone`; `forbidden` for who has no e-mail and password, which leaves the link as it was.
    pub async fn become_admin(&self, session: &Session, code: Token) -> Result<()> {
        let me = session.user.id;
        self.db
            .write(Subject::Server, move |tx| {
                one_time_link::take(tx, now_ms(), LinkKind::Admin, &code)?;
                account::make_admin(tx, me)
            })
            .await
    }

    /// A link to choose another password, for the operator's eyes.
    ///
    /// # Errors
    /// `not_found` for an e-mail without an account.
    pub async fn reset_link(&self, email: String) -> Result<String> {
        let code = self.db.write(Subject::Server, move |tx| {
            let (user_id, _) = account::find_by_email(tx, &email)?.ok_or(Code::NotFound)?;
            one_time_link::make(tx, now_ms(), LinkKind::Password, Some(user_id))
        });
        Ok(format!("{}/reset/{}", self.base_url, code.await?.reveal()))
    }

    /// Mails a link to choose another password, if the e-mail has an account. The answer is the same
    /// and takes as long either way.
    ///
    /// # Errors
    /// `not_found` where no letters can be sent; `rate_limited` for the address; `invalid` for what is
    /// no e-mail.
    pub async fn forgot_password(&self, email: String, lang: Lang, address: IpAddr) -> Result<()> {
        let mail = self.mail.clone().ok_or(Code::NotFound)?;
        let email = crate::text::email(&email)?;
        self.rates.forgot(address)?;
        if !self.rates.may_mail(&crate::text::fold(&email)) {
            return Ok(());
        }
        // Outside of the request, so that it cannot be told by the time whether there was anything
        // to do.
        let app = self.clone();
        tokio::spawn(async move {
            let known = app.db.read({
                let email = email.clone();
                move |tx| match account::find_by_email(tx, &email)? {
                    Some((user_id, _)) => account::get(tx, user_id).map(|account| account.email),
                    None => Ok(None),
                }
            });
            // To the address as its owner wrote it, not as the asker did.
            let Ok(Some(to)) = known.await else { return };
            match app.reset_link(email).await {
                Ok(link) => {
                    let words = &lang.strings().account;
                    let (subject, text) = (words.reset_subject.to_owned(), (words.reset_letter)(&link));
                    mail.send(Letter { to, subject, text });
                }
                failed => log_failure("a link for a forgotten password", failed),
            }
        });
        Ok(())
    }

    /// Gives an account another password by a link; all its sessions end.
    ///
    /// # Errors
    /// `gone`; `invalid`, `too_long` with the field `password`, which leave the link as it was;
    /// `rate_limited`, `busy`.
    pub async fn reset_password(&self, code: Token, password: String, address: IpAddr) -> Result<()> {
        self.rates.reset(address)?;
        let looked = code.clone();
        let account = self.db.read(move |tx| {
            let user_id = one_time_link::look(tx, now_ms(), LinkKind::Password, &looked)?.ok_or(Code::Gone)?;
            account::get(tx, user_id)
        });
        let account = account.await?;
        check_choice(&password, &[account.email.as_deref().unwrap_or_default(), &account.user.name])?;
        let hash = self.passwords.hash(password).await?;
        let ended = self.db.write(Subject::Server, move |tx| {
            let user_id = one_time_link::take(tx, now_ms(), LinkKind::Password, &code)?.ok_or(Code::Gone)?;
            account::set_password(tx, user_id, &hash, None)
        });
        self.end_sessions(account.user.id, &ended.await?);
        Ok(())
    }
}
