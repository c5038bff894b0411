//! Signing up, with an invite or a mailed link where the server asks for one.

use std::net::IpAddr;

use serde_json::json;

use super::{App, ClientInfo, Entered};
use crate::chat::kinds::{JobKind, SignUpPolicy};
use crate::chat::outbox::{self, Target};
use crate::chat::session::{Session, Token};
use crate::chat::sign_up::{self, NewAccount};
use crate::chat::user::UserKind;
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::i18n::{Lang, any_name};
use crate::password::check_choice;
use crate::wire::NewUser;

/// A sign-up.
#[derive(Debug)]
pub struct SignUp {
    pub email: String,
    pub password: String,
    pub name: Option<String>,
    pub invite: Option<String>,
    /// The code of a mailed link.
    pub code: Option<String>,
}

/// A link to sign up that is asked for.
#[derive(Debug)]
pub struct SignUpLink {
    pub email: String,
    /// The path of the page to continue with.
    pub next: Option<String>,
}

impl From<NewUser> for SignUp {
    fn from(new: NewUser) -> Self {
        Self { email: new.email, password: new.password, name: new.name, invite: new.invite, code: new.code }
    }
}

impl App {
    /// Creates an account and its first session. A guest becomes the account, with the same id, rooms and messages;
    /// the guest's sessions end.
    ///
    /// # Errors
    /// `rate_limited` for the address; `invalid`, `too_long` with the field `email`, `password`,
    /// `name`, `invite` or `code`; `gone` for an invalid invite or code; `email_taken`; `forbidden` for a user who has an account, and
    /// where nobody can sign up; `busy`.
    pub async fn sign_up(&self, request: SignUp, former: Option<&Session>, client: ClientInfo) -> Result<Entered> {
        let name = request.name.filter(|name| !name.trim().is_empty());
        let known_as = name.as_deref().or(former.map(|session| session.user.name.as_str())).unwrap_or_default();
        crate::text::email(&request.email)?;
        check_choice(&request.password, &[&request.email, known_as])?;
        if former.is_some_and(|session| session.user.kind != UserKind::Guest) {
            return Err(Error::new(Code::Forbidden).with_message("log out of the present account first"));
        }
        // Checked first, as hashing is expensive; and again with the write.
        let invite = request.invite.filter(|code| !code.is_empty());
        let code = request.code.filter(|code| !code.is_empty());
        let settings = self.server_settings();
        settings.check_sign_up(&request.email, invite.is_some(), code.is_some())?;
        let code = code.filter(|_| settings.sign_up == SignUpPolicy::EmailDomain);
        let code = code.map(|code| code.parse().map_err(|_| Error::new(Code::Gone).with_field("code"))).transpose()?;
        self.disk_space.check(UserKind::Account)?;
        self.rates.sign_up(client.address)?;
        let password_hash = self.passwords.hash(self.budgets.network(client.address), request.password).await?;
        let fallback_name = any_name(client.lang);
        let new = NewAccount { email: request.email, password_hash, name, fallback_name, invite, code };
        let guest = former.map(|session| session.user.id);
        self.write(Subject::Server, move |tx, limits, now| {
            let user = sign_up::sign_up(tx, limits, now, guest, new.clone())?;
            Entered::open(tx, now, user, &client)
        })
        .await
    }

    /// Mails a link to sign up to an address, where only addresses of some domains may sign up. An address with an account is mailed
    /// that it has one; the answer is the same.
    ///
    /// # Errors
    /// `not_found` where everybody may sign up without one, or no e-mails can be sent; `joins_locked`; `rate_limited` for the network;
    /// `invalid` or `too_long` with the field `email`.
    pub async fn mail_sign_up_link(&self, link: SignUpLink, lang: Lang, address: IpAddr) -> Result<()> {
        let settings = self.server_settings();
        if !self.has_mail() || settings.sign_up != SignUpPolicy::EmailDomain {
            return Err(Code::NotFound.into());
        }
        let email = crate::text::email(&link.email)?;
        settings.check_email(&email)?;
        settings.check_joins(now_ms())?;
        self.rates.mail(address)?;
        if !self.rates.may_mail(&crate::text::email_key(&email)) {
            return Ok(());
        }
        let payload = json!({ "lang": lang.code(), "email": email, "next": link.next }).to_string();
        self.write(Subject::Server, move |tx, _, now| {
            outbox::enqueue(tx, now, JobKind::SignUpEmail, Target::unique(now), None, &payload)
        })
        .await
    }

    /// Returns the address with which a link lets somebody sign up.
    ///
    /// # Errors
    /// `gone`, also where the settings no longer allow the address.
    pub async fn email_of_sign_up_link(&self, code: Token) -> Result<String> {
        let email = self.db.read(move |tx| sign_up::email_of_link(tx, now_ms(), &code)).await?;
        match self.server_settings().check_sign_up(&email, false, true) {
            Ok(()) => Ok(email),
            Err(_) => Err(Code::Gone.into()),
        }
    }
}
