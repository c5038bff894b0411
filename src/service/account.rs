//! Accounts: log-in, changes, deletion.

use std::net::IpAddr;

use super::{App, Entered, log_failure};
use crate::chat::account::new_email::{self, NewEmail};
use crate::chat::account::{self, Account, Change, Leftovers};
use crate::chat::api_key::{self, ExternalUser};
use crate::chat::kinds::SignUpPolicy;
use crate::chat::node::NodeEvent;
use crate::chat::session::{self, Session, Token};
use crate::chat::user::{self, User, UserKind};
use crate::chat::{Limits, Tx, bot};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::i18n::Lang;
use crate::ids::UserId;
use crate::password::check_choice;

/// The client of a request without an identity.
#[derive(Clone, Debug)]
pub struct ClientInfo {
    pub lang: Lang,
    pub agent: Option<String>,
    pub address: IpAddr,
}

/// Checks within a transaction that the password is still the verified one: it may have been changed meanwhile.
fn check_unchanged(tx: &mut Tx, user_id: UserId, verified: Option<&str>) -> Result<()> {
    if account::password_hash(tx, user_id)?.as_deref() == verified { Ok(()) } else { Err(Code::BadCredentials.into()) }
}

impl App {
    /// Opens a session of an account. Ends the client's previous session, because an attacker may have planted it.
    ///
    /// # Errors
    /// `rate_limited` for the account or the address, whether or not the account exists; `bad_credentials`, in the
    /// same time; `suspended`, with the right password; `busy`.
    pub async fn log_in(
        &self,
        email: String,
        password: String,
        former: Option<&Session>,
        client: ClientInfo,
    ) -> Result<Entered> {
        let folded = crate::text::email_key(&email);
        let address = client.address;
        self.rates.log_in_network(address)?;
        let found = self.db.read(move |tx| match account::find_by_email(tx, &email)? {
            Some((user_id, hash)) => Ok((session::has_come_from(tx, user_id, address)?, Some((user_id, hash)))),
            None => Ok((false, None)),
        });
        let (is_from_known_network, known) = found.await?;
        self.rates.log_in(&folded, address, is_from_known_network)?;
        let network = self.budgets.network(address);
        let is_right = match &known {
            Some((_, hash)) => self.passwords.verify(network, password, hash.clone()).await?,
            None => self.passwords.verify_dummy(network, password).await?,
        };
        let (user_id, hash) = known.filter(|_| is_right).ok_or(Code::BadCredentials)?;
        self.rates.logged_in(address);
        let former_id = former.map(|session| session.id);
        self.write(user_id, move |tx, _, now| {
            check_unchanged(tx, user_id, Some(&hash))?;
            if let Some(former) = former_id {
                session::close(tx, former)?;
            }
            let user = user::get(tx, user_id)?;
            Entered::open(tx, now, user, &client)
        })
        .await
    }

    /// Opens a session for a user of another server, by that server's key.
    ///
    /// # Errors
    /// `unauthenticated` for an unknown or revoked key; `rate_limited`; `invalid`,
    /// `too_long` with the field.
    pub async fn enter_outsider(&self, secret: Token, outsider: ExternalUser, client: ClientInfo) -> Result<Entered> {
        let found = self.db.read(move |tx| api_key::find(tx, &secret).map(|id| (id, secret))).await?;
        let (Some(key_id), secret) = found else { return Err(Code::Unauthenticated.into()) };
        self.rates.outsider(key_id)?;
        self.disk_space.check(UserKind::Account)?;
        let open = self.write(Subject::Server, move |tx, limits, now| {
            // Checked again in the transaction: it may have been revoked meanwhile.
            api_key::find(tx, &secret)?.ok_or(Code::Unauthenticated)?;
            let user = api_key::user(tx, limits, now, key_id, outsider.clone())?;
            Entered::open(tx, now, user, &client)
        });
        let entered = open.await?;
        Ok(entered)
    }

    /// Returns one's account.
    ///
    /// # Errors
    /// `not_found` for a deleted one.
    pub async fn account(&self, me: UserId) -> Result<Account> {
        self.db.read(move |tx| account::get(tx, me)).await
    }

    /// Changes one's account. A new e-mail needs the password, as e-mail gives access to everything else. Where only addresses of
    /// some domains may sign up, it counts once it is confirmed by the link that is mailed to it: then this returns true.
    ///
    /// # Errors
    /// `rate_limited`; `invalid`, `too_long` with the field; `email_taken`; `bad_credentials` with the field `password`; `forbidden`
    /// for an e-mail without a password, and with the field `email` where a link cannot be mailed; `conflict` where admins have just
    /// changed who may sign up.
    pub async fn change_account(
        &self,
        me: &User,
        mut change: Change,
        password: Option<String>,
        lang: Lang,
        address: IpAddr,
    ) -> Result<(Account, bool)> {
        self.rates.act(me.id)?;
        let my_id = me.id;
        let confirmed = match change.email {
            Some(_) => Some(self.confirm(my_id, password.unwrap_or_default()).await?.ok_or(Code::Forbidden)?),
            None => None,
        };
        let to_prove = change.email.take_if(|_| self.proves_addresses());
        if let Some(email) = to_prove.clone() {
            self.check_new_email(my_id, email, address).await?;
        }
        let changes_privacy = change.hides_presence.is_some() || change.hides_reads.is_some();
        let is_mailed = to_prove.is_some();
        let account = self.write(my_id, move |tx, limits, now| {
            if confirmed.is_some() {
                check_unchanged(tx, my_id, confirmed.as_deref())?;
            }
            if change.email.is_some() && limits.server.get().sign_up == SignUpPolicy::EmailDomain {
                return Err(Code::Conflict.into());
            }
            if let Some(email) = &to_prove {
                new_email::ask(tx, limits, now, my_id, email, lang.code())?;
            }
            account::change(tx, limits, my_id, change.clone())
        });
        let account = account.await?;
        if changes_privacy {
            self.realtime.announce(|| NodeEvent::PrivacyChanged { user_id: my_id });
            self.apply_privacy(my_id).await?;
        }
        Ok((account, is_mailed))
    }

    /// Returns whether a new address must be confirmed by a link that is mailed to it.
    fn proves_addresses(&self) -> bool {
        self.server_settings().sign_up == SignUpPolicy::EmailDomain
    }

    /// Returns whether users can change their address.
    pub fn can_change_email(&self) -> bool {
        self.has_mail() || !self.proves_addresses()
    }

    /// Checks an address before it is mailed, and counts the mail.
    async fn check_new_email(&self, me: UserId, email: String, address: IpAddr) -> Result<()> {
        if !self.has_mail() {
            return Err(Error::new(Code::Forbidden).with_field("email").with_message("no mail server is set"));
        }
        let (limits, asked) = (self.config.limits.clone(), email.clone());
        self.db.read(move |tx| new_email::check(tx, &limits, me, &asked)).await?;
        self.rates.mail(address)?;
        match self.rates.may_mail(&crate::text::email_key(&email)) {
            true => Ok(()),
            false => Err(Code::RateLimited.into()),
        }
    }

    /// Returns what a link to a new address changes.
    ///
    /// # Errors
    /// `gone`.
    pub async fn new_email_of_link(&self, code: Token) -> Result<NewEmail> {
        self.db.read(move |tx| new_email::look(tx, now_ms(), &code)).await
    }

    /// Changes the address of an account by the link that was mailed to it.
    ///
    /// # Errors
    /// `gone`; `email_taken`.
    pub async fn take_new_email(&self, code: Token) -> Result<NewEmail> {
        self.write(Subject::Server, move |tx, limits, now| new_email::take(tx, limits, now, &code)).await
    }

    /// Changes one's password and ends all other sessions.
    ///
    /// # Errors
    /// `rate_limited`, `busy`; `bad_credentials` with the field `current`; `invalid`, `too_long` with
    /// the field `password`; `forbidden` for a user without a password.
    pub async fn change_password(&self, session: &Session, current: String, password: String) -> Result<()> {
        let (me, my_id, keep) = (&session.user, session.user.id, session.id);
        let email = self.account(my_id).await?.email.ok_or(Code::Forbidden)?;
        check_choice(&password, &[&email, &me.name])?;
        let confirmed = self.confirm(my_id, current).await.map_err(|error| match error.code {
            Code::BadCredentials => error.with_field("current"),
            _ => error,
        })?;
        let confirmed = confirmed.ok_or(Code::Forbidden)?;
        let hash = self.passwords.hash(self.budgets.network_of(my_id), password).await?;
        self.write(my_id, move |tx, _, _| {
            check_unchanged(tx, my_id, Some(&confirmed))?;
            account::set_password(tx, my_id, &hash, Some(keep))
        })
        .await
    }

    /// Checks one's password. Returns the hash it was verified against; `None` for a user without a password.
    async fn confirm(&self, me: UserId, password: String) -> Result<Option<String>> {
        let Some(hash) = self.db.read(move |tx| account::password_hash(tx, me)).await? else { return Ok(None) };
        self.rates.confirm(me)?;
        if self.passwords.verify(self.budgets.network_of(me), password, hash.clone()).await? {
            return Ok(Some(hash));
        }
        Err(Error::new(Code::BadCredentials).with_field("password"))
    }

    /// Deletes one's account, or ends being a guest. With `erase` the messages are deleted too, soon and a few at a
    /// time.
    ///
    /// # Errors
    /// `rate_limited`, `busy`; `bad_credentials` with the field `password`; `forbidden` for the only admin.
    pub async fn delete_account(&self, me: UserId, password: Option<String>, erase: bool) -> Result<()> {
        let confirmed = self.confirm(me, password.unwrap_or_default()).await?;
        // It runs to its end even when the client disconnects.
        let app = self.clone();
        let work = tokio::spawn(async move { app.leave_all_rooms(me, confirmed, erase).await });
        work.await.map_err(Error::internal)?
    }

    async fn leave_all_rooms(&self, me: UserId, confirmed: Option<String>, erase: bool) -> Result<()> {
        let unchanged = confirmed.clone();
        let begin = move |tx: &mut Tx, _: &Limits, now| {
            check_unchanged(tx, me, unchanged.as_deref())?;
            account::begin_own_deletion(tx, now, me)
        };
        self.write(me, begin).await?;
        self.end_memberships_for_good(me, true).await?;
        let left = self.write(me, move |tx, _, now| {
            check_unchanged(tx, me, confirmed.as_deref())?;
            let left = account::leave(tx, now, me, erase)?;
            bot::delete_all_of(tx, now, me, left)
        });
        self.after_deletion(left.await?, erase).await;
        Ok(())
    }

    /// Does what is left outside of the transaction that deleted a user.
    pub(super) async fn after_deletion(&self, left: Leftovers, erase: bool) {
        self.remove_bytes(left.unneeded).await;
        self.sweep_rooms().await;
        if erase {
            let app = self.clone();
            tokio::spawn(async move { app.erase_deleted_accounts().await });
        }
    }

    /// Deletes the messages of deleted accounts that asked for it. Called after each deletion and by the
    /// housekeeping, as a restart may have come in between.
    pub(super) async fn erase_deleted_accounts(&self) {
        loop {
            match self.db.read(account::find_erasing).await {
                Ok(Some((gone, after))) => {
                    if let Err(error) = self.erase_all_of(gone, after).await {
                        return log_failure::<()>("erasing messages", Err(error));
                    }
                }
                Ok(None) => return,
                failed => return log_failure("looking for messages to erase", failed),
            }
        }
    }

    async fn erase_all_of(&self, gone: UserId, mut after: i64) -> Result<()> {
        while let Some((numbers, reached)) = self.db.read(move |tx| account::said_after(tx, gone, after)).await? {
            after = reached;
            if numbers.is_empty() {
                continue;
            }
            let erase = self.write(gone, move |tx, _, now| account::erase(tx, now, gone, &numbers, reached));
            let mut erased = erase.await?;
            self.remove_bytes(erased.unneeded).await;
            erased.rooms.sort_unstable();
            erased.rooms.dedup();
            for room_id in erased.rooms {
                self.realtime.wait_for_space(room_id).await;
            }
        }
        self.write(gone, move |tx, _, _| account::erased(tx, gone)).await
    }
}
