//! The operator's desk: what is done from the command line on the data folder, also while a server
//! runs on it. The server asks the store, so it knows at once.

use crate::chat::key::{self, Key};
use crate::chat::{Db, Limits};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::Options;
use crate::db::Subject;
use crate::error::{Code, Error};
use crate::ids::KeyId;
use crate::service::admin::create_admin_link;
use crate::service::one_time_link::create_reset_link;

/// A data folder that is open for the operator's hand.
pub struct Admin {
    db: Db,
    limits: Limits,
    base_url: String,
}

impl Admin {
    /// Opens the data folder of a house that has been served before. `port` is where it is reached
    /// when no public address is set.
    ///
    /// # Errors
    /// A sentence for the operator: there is no house there, or it cannot be opened.
    pub fn open(config: &Config, port: u16) -> Result<Self, String> {
        let path = super::backup::house(config)?;
        let options = Options { readers: 1, ..Options::new(&path) };
        let db = Db::open(options, |_| {}).map_err(|fault| format!("cannot open {}: {fault}", path.display()))?;
        Ok(Self { db, limits: config.limits.clone(), base_url: config.base_url(port) })
    }

    /// Finishes what was begun.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// A link to become an admin.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn admin_link(&self) -> Result<String, String> {
        create_admin_link(&self.db, &self.base_url).await.map_err(failed)
    }

    /// A link to choose another password.
    ///
    /// # Errors
    /// A sentence for the operator, as for an e-mail that has no account.
    pub async fn reset_link(&self, email: &str) -> Result<String, String> {
        create_reset_link(&self.db, &self.base_url, email.to_owned()).await.map_err(|error| match error.code {
            Code::NotFound => format!("{email} has no account here"),
            _ => failed(error),
        })
    }

    /// A new key for a server that brings its own users, and its secret, shown this once.
    ///
    /// # Errors
    /// A sentence for the operator, as for a name that shows nothing.
    pub async fn create_key(&self, name: String) -> Result<(Key, String), String> {
        let limits = self.limits.clone();
        let made = self.db.write(Subject::Server, move |tx| key::create(tx, &limits, now_ms(), &name)).await;
        made.map(|(key, secret)| (key, secret.reveal())).map_err(failed)
    }

    /// All keys, the oldest first.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn keys(&self) -> Result<Vec<Key>, String> {
        self.db.read(key::list).await.map_err(failed)
    }

    /// Makes a key open nothing any more.
    ///
    /// # Errors
    /// A sentence for the operator, as for a key that is none or was revoked.
    pub async fn revoke_key(&self, id: &str) -> Result<(), String> {
        let none = || format!("{id} is no key in use; `madang key list` shows them");
        let key_id: KeyId = id.parse().map_err(|_| none())?;
        let revoked =
            self.db.write(Subject::Server, move |tx| key::revoke(tx, now_ms(), key_id)).await.map_err(failed)?;
        if revoked { Ok(()) } else { Err(none()) }
    }
}

fn failed(error: Error) -> String {
    error.message.into_owned()
}
