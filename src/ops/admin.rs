//! The admin commands: links and keys. They write to the database, also while the server runs, and the
//! server sees the change at once.

use crate::chat::account;
use crate::chat::api_key::{self, Key};
use crate::chat::audit::{self, Chain, Entry};
use crate::chat::{Db, Limits};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::Subject;
use crate::error::{Code, Error};
use crate::ids::{KeyId, UserId};
use crate::lock::Lock;
use crate::service::admin::create_admin_link;
use crate::service::one_time_link::create_reset_link;
use crate::service::store;

/// An open data folder on which admin commands run.
pub struct Admin {
    db: Db,
    limits: Limits,
    base_url: String,
}

impl Admin {
    /// Opens an existing data folder. Links have the public URL, else the address of the running server, else `port`
    /// of this machine.
    ///
    /// # Errors
    /// A message for the operator: there is no database, or it cannot be opened.
    pub fn open(config: &Config, port: u16) -> Result<Self, String> {
        super::backup::existing_database(config)?;
        let db =
            Db::open(store::options_of_command(config), |_| {}).map_err(|fault| store::cannot_open(config, &fault))?;
        let running = Lock::server_address(&config.data_dir).filter(|_| config.origins.public.is_none());
        let base_url = running.unwrap_or_else(|| config.base_url(port));
        Ok(Self { db, limits: config.limits.clone(), base_url })
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Hands the audit log to `show`, entry by entry, and checks that each follows the one before.
    ///
    /// # Errors
    /// A message for the operator: the log was changed.
    pub async fn audit(&self, mut show: impl FnMut(&Entry) -> Result<(), String>) -> Result<(), String> {
        let mut chain = Chain::default();
        let mut broken = None;
        let mut last = 0;
        loop {
            let entries = self.db.read(move |tx| audit::page(tx, last)).await.map_err(failed)?;
            let Some(newest) = entries.last() else { break };
            last = newest.number;
            for entry in &entries {
                show(entry)?;
                // The rest is shown as well: it is what there is.
                if broken.is_none() {
                    broken = chain.follow(entry).err();
                }
            }
        }
        broken.map_or(Ok(()), Err)
    }

    /// Creates a link that makes an account an admin.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn admin_link(&self) -> Result<String, String> {
        create_admin_link(&self.db, &self.base_url).await.map_err(failed)
    }

    /// Creates a link to set a new password.
    ///
    /// # Errors
    /// A message for the operator, for example if no account has this address.
    pub async fn reset_link(&self, email: &str) -> Result<String, String> {
        create_reset_link(&self.db, &self.base_url, email.to_owned()).await.map_err(|error| match error.code {
            Code::NotFound => format!("no account has the e-mail address {email}"),
            _ => failed(error),
        })
    }

    /// Suspends an account, or lets it log in again. A running server closes its connections within a minute.
    ///
    /// # Errors
    /// A message for the operator, for example if no account has this address.
    pub async fn suspend(&self, email: &str, on: bool) -> Result<(), String> {
        let user_id = self.account(email).await?;
        let done = self.db.write(user_id, move |tx| account::suspend(tx, now_ms(), user_id, on)).await;
        done.map(drop).map_err(|error| match error.code {
            Code::NotFound if on => format!("{email} is suspended already"),
            Code::NotFound => format!("{email} is not suspended"),
            _ => failed(error),
        })
    }

    /// Takes the rights of an admin from an account.
    ///
    /// # Errors
    /// A message for the operator, for example if the account is no admin.
    pub async fn demote(&self, email: &str) -> Result<(), String> {
        let user_id = self.account(email).await?;
        match self.db.write(user_id, move |tx| account::demote(tx, now_ms(), user_id)).await.map_err(failed)? {
            true => Ok(()),
            false => Err(format!("{email} is no admin")),
        }
    }

    async fn account(&self, email: &str) -> Result<UserId, String> {
        let typed = email.to_owned();
        let found = self.db.read(move |tx| account::find_by_email(tx, &typed)).await.map_err(failed)?;
        found.map(|(user_id, _)| user_id).ok_or_else(|| format!("no account has the e-mail address {email}"))
    }

    /// Creates a server key and returns it with its secret, which is not shown again.
    ///
    /// # Errors
    /// A message for the operator, for example if the name is empty.
    pub async fn create_key(&self, name: String) -> Result<(Key, String), String> {
        let limits = self.limits.clone();
        let made = self.db.write(Subject::Server, move |tx| api_key::create(tx, &limits, now_ms(), &name)).await;
        made.map(|(key, secret)| (key, secret.reveal())).map_err(|error| match error.field.as_deref() {
            Some("name") => {
                format!("the name of the key is not one: {} (for example: madang key create shop)", failed(error))
            }
            _ => failed(error),
        })
    }

    /// Returns all keys, oldest first.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn keys(&self) -> Result<Vec<Key>, String> {
        self.db.read(api_key::list).await.map_err(failed)
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// A message for the operator, for example if the key does not exist or is revoked already.
    pub async fn revoke_key(&self, id: &str) -> Result<(), String> {
        let none = || format!("there is no key {id} (run: madang key list)");
        let key_id: KeyId = id.parse().map_err(|_| none())?;
        let revoked =
            self.db.write(Subject::Server, move |tx| api_key::revoke(tx, now_ms(), key_id)).await.map_err(failed)?;
        if revoked {
            return Ok(());
        }
        match self.keys().await?.iter().find(|key| key.id == key_id).and_then(|key| key.revoked_at.as_ref()) {
            Some(at) => Err(format!("the key {id} was revoked already, on {at}")),
            None => Err(none()),
        }
    }
}

fn failed(error: Error) -> String {
    error.message.into_owned()
}
