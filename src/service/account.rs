//! Accounts: signing up, logging in, another password, the end of it.

use std::net::IpAddr;

use super::{App, Entered, log_failure};
use crate::chat::account::{self, Account, Change, NewAccount};
use crate::chat::key::{self, Outsider};
use crate::chat::session::{self, Session, SessionId, Token};
use crate::chat::user::{User, UserKind};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::i18n::{Lang, any_name};
use crate::ids::UserId;
use crate::password::check_choice;

/// Who knocks: from where, with what, in which language.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub lang: Lang,
    pub agent: Option<String>,
    pub address: IpAddr,
}

/// Somebody who signs up.
#[derive(Debug)]
pub struct SignUp {
    pub email: String,
    pub password: String,
    pub name: Option<String>,
}

impl App {
    /// Makes an account and its first session. A guest's becomes the account: same id, rooms and
    /// messages; all the guest's sessions end.
    ///
    /// # Errors
    /// `rate_limited` for the address; `invalid`, `too_long` with the field `email`, `password` or
    /// `name`; `email_taken`; `forbidden` for who has an account; `busy`.
    pub async fn sign_up(&self, request: SignUp, former: Option<&Session>, visitor: Visitor) -> Result<Entered> {
        let name = request.name.filter(|name| !name.trim().is_empty());
        let known_as = name.as_deref().or(former.map(|session| session.user.name.as_str())).unwrap_or_default();
        crate::text::email(&request.email)?;
        check_choice(&request.password, &[&request.email, known_as])?;
        if former.is_some_and(|session| session.user.kind != UserKind::Guest) {
            return Err(Error::new(Code::Forbidden).with_message("whoever has an account logs out first"));
        }
        self.rates.sign_up(visitor.address)?;
        let password_hash = self.passwords.hash(request.password).await?;
        let fallback_name = any_name(visitor.lang);
        let new = NewAccount { email: request.email, password_hash, name, fallback_name };
        let (limits, guest) = (self.config.limits.clone(), former.map(|session| session.user.id));
        let (entered, ended) = self
            .db
            .write(Subject::Server, move |tx| {
                let now = now_ms();
                let (user, ended) = account::sign_up(tx, &limits, now, guest, new)?;
                let token = session::open(tx, now, user.id, visitor.agent.as_deref(), Some(visitor.address))?;
                Ok((Entered { user, session_id: token.session_id(), token }, ended))
            })
            .await?;
        self.realtime.connections.end_sessions(entered.user.id, &ended);
        Ok(entered)
    }

    /// Opens a session of an account. The one that the visitor had before ends: whoever has planted
    /// it must not share in what follows.
    ///
    /// # Errors
    /// `rate_limited` for the account or the address, whether or not there is such an account;
    /// `bad_credentials`, in the same time; `busy`.
    pub async fn log_in(
        &self,
        email: String,
        password: String,
        former: Option<&Session>,
        visitor: Visitor,
    ) -> Result<Entered> {
        self.rates.log_in(&crate::text::fold(email.trim()), visitor.address)?;
        let known = self.db.read(move |tx| account::find_by_email(tx, &email)).await?;
        let is_right = match &known {
            Some((_, hash)) => self.passwords.verify(password, hash.clone()).await?,
            None => self.passwords.verify_dummy(password).await?,
        };
        let (user_id, hash) = known.filter(|_| is_right).ok_or(Code::BadCredentials)?;
        let former_id = former.map(|session| session.id);
        let entered = self.db.write(Subject::Server, move |tx| {
            // The password may have been changed while this one was verified.
            if account::password_hash(tx, user_id)?.as_ref() != Some(&hash) {
                return Err(Code::BadCredentials.into());
            }
            if let Some(former) = former_id {
                session::close(tx, former)?;
            }
            let token = session::open(tx, now_ms(), user_id, visitor.agent.as_deref(), Some(visitor.address))?;
            Ok(Entered { user: crate::chat::user::get(tx, user_id)?, session_id: token.session_id(), token })
        });
        let entered = entered.await?;
        if let Some(former) = former {
            self.realtime.connections.end_sessions(former.user.id, &[former.id]);
        }
        Ok(entered)
    }

    /// Opens a session for somebody whom another server has sent, by that server's key.
    ///
    /// # Errors
    /// `unauthenticated` for a key that is none or was revoked; `rate_limited`; `invalid`,
    /// `too_long` with the field.
    pub async fn enter_outsider(&self, secret: Token, outsider: Outsider, visitor: Visitor) -> Result<Entered> {
        let found = self.db.read(move |tx| key::find(tx, &secret).map(|id| (id, secret))).await?;
        let (Some(key_id), secret) = found else { return Err(Code::Unauthenticated.into()) };
        self.rates.outsider(key_id)?;
        let limits = self.config.limits.clone();
        self.db
            .write(Subject::Server, move |tx| {
                let now = now_ms();
                // Asked again where it counts: revoked is revoked.
                key::find(tx, &secret)?.ok_or(Code::Unauthenticated)?;
                let user = key::user(tx, &limits, now, key_id, outsider)?;
                let token = session::open(tx, now, user.id, visitor.agent.as_deref(), Some(visitor.address))?;
                Ok(Entered { user, session_id: token.session_id(), token })
            })
            .await
    }

    /// Oneself, whole.
    ///
    /// # Errors
    /// `not_found` for who is gone.
    pub async fn account(&self, me: UserId) -> Result<Account> {
        self.db.read(move |tx| account::get(tx, me)).await
    }

    /// Changes oneself. Another e-mail wants the password: it is the way to all the rest.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long` with the field; `email_taken`; `bad_credentials` with
    /// the field `password`; `forbidden` for an e-mail of who has no password.
    pub async fn change_account(&self, me: &User, change: Change, password: Option<String>) -> Result<Account> {
        self.rates.act(me.id)?;
        let my_id = me.id;
        if change.email.is_some() {
            self.confirm(my_id, password.unwrap_or_default(), "password").await?.ok_or(Code::Forbidden)?;
        }
        let (limits, hides) = (self.config.limits.clone(), change.hides_presence);
        let account = self.db.write(me.id, move |tx| account::change(tx, &limits, my_id, change)).await?;
        if let Some(hides) = hides {
            self.realtime.connections.hide(my_id, hides);
        }
        Ok(account)
    }

    /// Gives oneself another password; all other sessions end.
    ///
    /// # Errors
    /// `rate_limited`, `busy`; `bad_credentials` with the field `current`; `invalid`, `too_long` with
    /// the field `password`; `forbidden` for who has no password.
    pub async fn change_password(&self, session: &Session, current: String, password: String) -> Result<()> {
        let (me, my_id, keep) = (&session.user, session.user.id, session.id);
        let email = self.account(my_id).await?.email.ok_or(Code::Forbidden)?;
        check_choice(&password, &[&email, &me.name])?;
        let before = self.confirm(my_id, current, "current").await?.ok_or(Code::Forbidden)?;
        let hash = self.passwords.hash(password).await?;
        let ended = self.db.write(Subject::Server, move |tx| {
            if account::password_hash(tx, my_id)?.as_ref() != Some(&before) {
                return Err(Code::BadCredentials.into());
            }
            account::set_password(tx, my_id, &hash, Some(keep))
        });
        self.realtime.connections.end_sessions(my_id, &ended.await?);
        Ok(())
    }

    /// Whether the password is one's own; the hash it was verified against. `None` for who has none.
    async fn confirm(&self, me: UserId, password: String, field: &'static str) -> Result<Option<String>> {
        let Some(hash) = self.db.read(move |tx| account::password_hash(tx, me)).await? else { return Ok(None) };
        self.rates.confirm(me)?;
        if self.passwords.verify(password, hash.clone()).await? {
            return Ok(Some(hash));
        }
        Err(Error { field: Some(field.into()), ..Error::new(Code::BadCredentials) })
    }

    /// Ends one's own account, or one's being a guest. With `erase`, what one said goes too: soon,
    /// and a few messages at a time.
    ///
    /// # Errors
    /// `rate_limited`, `busy`; `bad_credentials` with the field `password`.
    pub async fn delete_account(&self, me: UserId, password: Option<String>, erase: bool) -> Result<()> {
        self.confirm(me, password.unwrap_or_default(), "password").await?;
        // It runs to its end even when the client has hung up.
        let app = self.clone();
        let work = tokio::spawn(async move { app.leave_all_rooms(me, erase).await });
        work.await.map_err(Error::internal)?
    }

    async fn leave_all_rooms(&self, me: UserId, erase: bool) -> Result<()> {
        for room_id in self.db.read(move |tx| crate::chat::member::rooms_of(tx, me)).await? {
            self.realtime.wait_for_space(room_id).await;
            match self.db.write(room_id, move |tx| account::leave_room(tx, now_ms(), me, room_id)).await {
                Ok(()) => {}
                // Removed from it, or with it, a moment ago.
                Err(error) if matches!(error.code, Code::NotAMember | Code::RoomNotFound | Code::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        let left = self.db.write(me, move |tx| account::leave(tx, now_ms(), me, erase)).await?;
        self.realtime.connections.end_sessions(me, &left.ended);
        self.remove_bytes(left.unneeded).await;
        self.sweep_rooms().await;
        if erase {
            let app = self.clone();
            tokio::spawn(async move { app.erase_the_gone().await });
        }
        Ok(())
    }

    /// Takes away what people said who are gone and wished so. Called after each and now and then, as
    /// a restart may have come in between.
    pub(super) async fn erase_the_gone(&self) {
        loop {
            match self.db.read(account::find_erasing).await {
                Ok(Some((gone, after))) => {
                    if let Err(error) = self.erase_all_of(gone, after).await {
                        return log_failure::<()>("taking away what somebody said", Err(error));
                    }
                }
                Ok(None) => return,
                failed => return log_failure("looking for what is to be taken away", failed),
            }
        }
    }

    async fn erase_all_of(&self, gone: UserId, mut after: i64) -> Result<()> {
        while let Some((numbers, reached)) = self.db.read(move |tx| account::said_after(tx, gone, after)).await? {
            after = reached;
            if numbers.is_empty() {
                continue;
            }
            let erase = move |tx: &mut crate::chat::Tx| account::erase(tx, now_ms(), gone, &numbers, reached);
            let mut erased = self.db.write(gone, erase).await?;
            self.remove_bytes(erased.unneeded).await;
            erased.rooms.dedup();
            for room_id in erased.rooms {
                self.realtime.wait_for_space(room_id).await;
            }
        }
        self.db.write(gone, move |tx| account::erased(tx, gone)).await
    }

    /// Ends sessions of a person and closes their sockets.
    pub(super) fn end_sessions(&self, user_id: UserId, ended: &[SessionId]) {
        self.realtime.connections.end_sessions(user_id, ended);
    }
}
