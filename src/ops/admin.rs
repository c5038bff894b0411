//! The admin commands: users, rooms, settings, invites, jobs, links and keys. They write to the database, also while the
//! server runs, which follows within a minute.

use std::net::Ipv4Addr;

use crate::chat::account::{self, NewAccount};
use crate::chat::admin::{self, Act, AdminRoom, Person, Show, Waiting};
use crate::chat::api_key::{self, Key};
use crate::chat::audit::{self, Chain, Entry};
use crate::chat::bot;
use crate::chat::one_time_link::{self, LinkKind};
use crate::chat::outbox::dead::{self, DeadJob};
use crate::chat::server_invite::{self, ServerInvite};
use crate::chat::server_settings::{self, ServerSettings};
use crate::chat::{Db, Limits, Tx, user};
use crate::clock::now_ms;
use crate::config::Config;
use crate::db::Subject;
use crate::error::{Code, Error};
use crate::ids::{KeyId, RoomId, UserId};
use crate::lock::Lock;
use crate::password::Passwords;
use crate::service::admin::create_admin_link;
use crate::service::one_time_link::password_url;
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

    /// Creates a link to set a new password, for a user who is named by e-mail address or id.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such user.
    pub async fn reset_link(&self, user: &str) -> Result<String, String> {
        let user_id = self.user(user).await?;
        let make = move |tx: &mut Tx<'_>| {
            account::get(tx, user_id)?.email.ok_or(Code::NotFound)?;
            one_time_link::make_by(tx, now_ms(), None, LinkKind::Password, Some(user_id))
        };
        let made = self.db.write(user_id, make).await;
        let code = made.map_err(|error| match error.code {
            Code::NotFound => format!("{user} has no e-mail address to log in with"),
            _ => failed(error),
        })?;
        Ok(password_url(&self.base_url, &code))
    }

    /// Creates an account, and returns the link with which its owner chooses a password.
    ///
    /// # Errors
    /// A message for the operator, for example if the address has an account.
    pub async fn create_account(&self, email: &str, name: &str) -> Result<String, String> {
        let hash = Passwords::start(1)?.hash_random(Ipv4Addr::LOCALHOST.into()).await.map_err(failed)?;
        let new = NewAccount { email: email.to_owned(), name: name.to_owned(), password_hash: hash };
        let limits = self.limits.clone();
        // The words that the server does not want.
        limits.server.set(self.db.read(server_settings::stored).await.map_err(failed)?);
        let create = move |tx: &mut Tx<'_>| account::create(tx, &limits, now_ms(), None, &new);
        let made = self.db.write(Subject::Server, create).await;
        let (_, code) = made.map_err(|error| match error.code {
            Code::EmailTaken => format!("{email} has an account already (run: madang user reset {email})"),
            _ => failed(error),
        })?;
        Ok(password_url(&self.base_url, &code))
    }

    /// Does something with a user, who is named by e-mail address or id. A running server closes ended connections
    /// within a minute.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such user or nothing changes.
    pub async fn act_on_user(&self, user: &str, act: Act) -> Result<(), String> {
        let user_id = self.user(user).await?;
        let (limits, asked) = (self.limits.clone(), act.clone());
        let write = move |tx: &mut Tx<'_>| admin::act(tx, &limits, now_ms(), None, user_id, asked.clone());
        self.db.write(user_id, write).await.map_err(|error| match (error.code, act) {
            (Code::NotFound, Act::Restore) => format!("{user} is not suspended"),
            (Code::NotFound, Act::MakeAdmin) => format!("{user} is an admin already"),
            (Code::NotFound, Act::RemoveAdmin) => format!("{user} is no admin"),
            (Code::Forbidden, Act::MakeAdmin) => format!("{user} has no e-mail address and password to log in with"),
            _ => failed(error),
        })
    }

    /// Deletes a user. Their messages stay without a sender, or a running server deletes them, a few at a time.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such user.
    pub async fn delete_user(&self, user: &str, erase: bool) -> Result<(), String> {
        let user_id = self.user(user).await?;
        let delete = move |tx: &mut Tx<'_>| {
            let left = account::delete_by(tx, now_ms(), None, user_id, erase)?;
            bot::delete_all_of(tx, now_ms(), user_id, left)
        };
        let done = self.db.write(user_id, delete).await;
        done.map(drop).map_err(|error| match error.code {
            Code::NotFound => format!("there is no user {user} (run: madang user list)"),
            _ => failed(error),
        })
    }

    /// Returns the users whose name or e-mail address contains `q`, at most a page, the newest first.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn users(&self, q: String, show: Show) -> Result<Vec<Person>, String> {
        let limits = self.limits.clone();
        let most = limits.page_max;
        let page = self.db.read(move |tx| admin::people(tx, &limits, None, &q, show, None, most));
        page.await.map(|page| page.people).map_err(failed)
    }

    /// Returns the open rooms whose title contains `q`, at most a page, the newest first.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn rooms(&self, q: String) -> Result<Vec<AdminRoom>, String> {
        let limits = self.limits.clone();
        let most = limits.page_max;
        let page = self.db.read(move |tx| admin::rooms(tx, &limits, None, &q, None, most));
        page.await.map(|page| page.rooms).map_err(failed)
    }

    /// Closes a room, or opens it again. A running server tells its pages within a minute.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such room.
    pub async fn close_room(&self, id: &str, is_closed: bool) -> Result<(), String> {
        let room_id = room_id(id)?;
        let done = self.db.write(room_id, move |tx| admin::close(tx, now_ms(), None, room_id, is_closed)).await;
        done.map(drop).map_err(|error| no_room(id, error))
    }

    /// Makes a member the owner of a room.
    ///
    /// # Errors
    /// A message for the operator, for example if the user is not a member.
    pub async fn hand_room_over(&self, id: &str, user: &str) -> Result<(), String> {
        let (room_id, to) = (room_id(id)?, self.user(user).await?);
        let done = self.db.write(room_id, move |tx| admin::hand_over(tx, now_ms(), None, room_id, to)).await;
        done.map(drop).map_err(|error| match error.code {
            Code::NotFound => format!("{user} is not a member of the room {id}"),
            _ => no_room(id, error),
        })
    }

    /// Removes a room. A running server deletes its content, a few hundred rows at a time.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such room.
    pub async fn remove_room(&self, id: &str) -> Result<(), String> {
        let room_id = room_id(id)?;
        let done = self.db.write(room_id, move |tx| admin::remove(tx, now_ms(), None, room_id)).await;
        done.map_err(|error| no_room(id, error))
    }

    /// Returns what admins have set.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn settings(&self) -> Result<ServerSettings, String> {
        self.db.read(server_settings::stored).await.map(|stored| stored.settings).map_err(failed)
    }

    /// Changes what admins have set. A running server follows within a minute.
    ///
    /// # Errors
    /// A message for the operator, for example if a value is too long.
    pub async fn change_settings(&self, change: server_settings::Change) -> Result<ServerSettings, String> {
        let write = move |tx: &mut Tx<'_>| server_settings::change(tx, now_ms(), None, change.clone());
        self.db.write(Subject::Server, write).await.map_err(failed)
    }

    /// Returns the link of a new invite to sign up.
    ///
    /// # Errors
    /// A message for the operator, for example if a limit is out of bounds.
    pub async fn create_invite(&self, uses: Option<u32>, hours: Option<u32>) -> Result<String, String> {
        let create = move |tx: &mut Tx<'_>| server_invite::create(tx, now_ms(), None, uses, hours);
        let made = self.db.write(Subject::Server, create).await;
        let invite = made.map_err(|error| match error.field.as_deref() {
            Some("uses") => "uses must be 1 to 1000; leave it out for no limit".to_owned(),
            Some("hours") => "hours must be 1 to 8760; leave it out for no end".to_owned(),
            _ => failed(error),
        })?;
        Ok(format!("{}/signup?invite={}", self.base_url, invite.code))
    }

    /// Returns the valid invites to sign up, the newest first.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn invites(&self) -> Result<Vec<ServerInvite>, String> {
        self.db.read(|tx| server_invite::list(tx, now_ms(), None)).await.map_err(failed)
    }

    /// Revokes an invite to sign up.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such invite.
    pub async fn revoke_invite(&self, code: &str) -> Result<(), String> {
        let typed = code.to_owned();
        let revoke = move |tx: &mut Tx<'_>| server_invite::revoke(tx, now_ms(), None, &typed);
        self.db.write(Subject::Server, revoke).await.map_err(|error| match error.code {
            Code::NotFound => format!("there is no invite {code} (run: madang invite list)"),
            _ => failed(error),
        })
    }

    /// Returns the jobs that wait, by kind, and the newest of those that were given up.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn jobs(&self) -> Result<(Vec<Waiting>, Vec<DeadJob>), String> {
        let most = self.limits.page_max;
        let read = move |tx: &mut Tx<'_>| Ok((admin::jobs(tx, now_ms(), None)?, dead::list(tx, None, None, most)?));
        self.db.read(read).await.map_err(failed)
    }

    /// Tries the jobs again at once that wait after a failure, and returns how many. A running server begins within a minute.
    ///
    /// # Errors
    /// A message for the operator.
    pub async fn retry_jobs(&self) -> Result<usize, String> {
        self.db.write(Subject::Server, |tx| admin::retry_jobs(tx, now_ms(), None)).await.map_err(failed)
    }

    /// Queues a job again that was given up.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such job.
    pub async fn retry_job(&self, number: i64) -> Result<(), String> {
        let retry = move |tx: &mut Tx<'_>| dead::retry(tx, now_ms(), None, number);
        self.db.write(Subject::Server, retry).await.map_err(no_job)
    }

    /// Deletes a job that was given up.
    ///
    /// # Errors
    /// A message for the operator, for example if there is no such job.
    pub async fn drop_job(&self, number: i64) -> Result<(), String> {
        let remove = move |tx: &mut Tx<'_>| dead::remove(tx, now_ms(), None, number);
        self.db.write(Subject::Server, remove).await.map_err(no_job)
    }

    /// Finds a user by e-mail address or id.
    async fn user(&self, named: &str) -> Result<UserId, String> {
        let typed = named.to_owned();
        let find = move |tx: &mut Tx<'_>| match typed.parse() {
            Ok(user_id) => Ok(user::find(tx, user_id)?.map(|user| user.id)),
            Err(_) => Ok(account::find_by_email(tx, &typed)?.map(|(user_id, _)| user_id)),
        };
        let found = self.db.read(find).await.map_err(failed)?;
        found.ok_or_else(|| match named.contains('@') {
            true => format!("no account has the e-mail address {named}"),
            false => format!("there is no user {named} (run: madang user list)"),
        })
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

fn room_id(id: &str) -> Result<RoomId, String> {
    id.parse().map_err(|_| format!("{id} is not the id of a room (run: madang room list)"))
}

fn no_room(id: &str, error: Error) -> String {
    match error.code {
        Code::RoomNotFound | Code::Gone => format!("there is no room {id} (run: madang room list)"),
        _ => failed(error),
    }
}

fn no_job(error: Error) -> String {
    match error.code {
        Code::NotFound => "there is no such job among those that were given up (run: madang job list)".to_owned(),
        _ => failed(error),
    }
}

fn failed(error: Error) -> String {
    error.message.into_owned()
}
