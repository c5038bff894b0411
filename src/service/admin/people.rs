//! What admins do with users.

use crate::chat::account::{self, NewAccount, require_admin};
use crate::chat::admin::{self, Act, People, Person, Show};
use crate::chat::one_time_link::{self, LinkKind};
use crate::chat::user::UserKind;
use crate::chat::{Tx, bot};
use crate::db::Subject;
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::service::App;
use crate::service::one_time_link::password_url;

impl App {
    /// Checks that a user is an admin.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn check_admin(&self, me: UserId) -> Result<()> {
        self.db.read(move |tx| require_admin(tx, Some(me))).await
    }

    /// Returns a page of users, the newest first, whose name or e-mail address contains `q`.
    ///
    /// # Errors
    /// `forbidden` unless an admin; `invalid` with the field `limit`, `too_long` with the field `q`.
    pub async fn people(
        &self,
        me: UserId,
        q: String,
        show: Show,
        after: Option<UserId>,
        limit: Option<u32>,
    ) -> Result<People> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| admin::people(tx, &limits, Some(me), &q, show, after, limit)).await
    }

    /// Returns a user as admins see them.
    ///
    /// # Errors
    /// `forbidden` unless an admin; `not_found`.
    pub async fn person(&self, me: UserId, user_id: UserId) -> Result<Person> {
        self.db.read(move |tx| admin::get(tx, Some(me), user_id)).await
    }

    /// Finds a user by id or e-mail address.
    ///
    /// # Errors
    /// `forbidden` unless an admin; `not_found`.
    pub async fn find_user(&self, me: UserId, typed: String) -> Result<UserId> {
        let find = move |tx: &mut Tx| {
            require_admin(tx, Some(me))?;
            match typed.trim().parse() {
                Ok(user_id) => Ok(user_id),
                Err(_) => account::find_by_email(tx, &typed)?.map(|(id, _)| id).ok_or(Code::NotFound.into()),
            }
        };
        self.db.read(find).await
    }

    /// Does something with another user.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `invalid` with the field `userId` for oneself; `not_found`, also where
    /// nothing changes; `too_long` with the field `reason`.
    pub async fn act_on_user(&self, me: UserId, user_id: UserId, act: Act) -> Result<()> {
        self.rates.act(me)?;
        self.write(user_id, move |tx, limits, now| admin::act(tx, limits, now, Some(me), user_id, act.clone())).await
    }

    /// Creates an account for somebody, and returns it with the link with which they choose a password.
    ///
    /// # Errors
    /// `rate_limited`, `busy`, `unavailable`; `forbidden` unless an admin; `invalid`, `too_long` or `filtered` with the field `email` or `name`;
    /// `email_taken`.
    pub async fn create_account(&self, me: UserId, email: String, name: String) -> Result<(Person, String)> {
        self.rates.act(me)?;
        self.check_admin(me).await?;
        // Checked first, as hashing is expensive; and again with the write.
        crate::text::email(&email)?;
        self.disk_space.check(UserKind::Account)?;
        let password_hash = self.passwords.hash_random(self.budgets.network_of(me)).await?;
        let new = NewAccount { email, name, password_hash };
        let create = self.write(Subject::Server, move |tx, limits, now| {
            let (user, link) = account::create(tx, limits, now, Some(me), &new)?;
            Ok((admin::get(tx, Some(me), user.id)?, link))
        });
        let (person, link) = create.await?;
        Ok((person, password_url(&self.base_url, &link)))
    }

    /// Returns a link with which a user chooses a new password.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `not_found` for a user without an e-mail address.
    pub async fn reset_link_of(&self, me: UserId, user_id: UserId) -> Result<String> {
        self.rates.act(me)?;
        let make = self.write(user_id, move |tx, _, now| {
            account::lock_admins(tx)?;
            if admin::get(tx, Some(me), user_id)?.email.is_none() {
                return Err(Code::NotFound.into());
            }
            one_time_link::make_by(tx, now, Some(me), LinkKind::Password, Some(user_id))
        });
        Ok(password_url(&self.base_url, &make.await?))
    }

    /// Deletes a user. With `erase` their messages are deleted too, soon and a few at a time.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` unless an admin; `invalid` with the field `userId` for oneself; `not_found`.
    pub async fn delete_user(&self, me: UserId, user_id: UserId, erase: bool) -> Result<()> {
        self.rates.act(me)?;
        self.write(user_id, move |tx, _, now| account::begin_deletion(tx, now, me, user_id)).await?;
        // It runs to its end even when the client disconnects.
        let app = self.clone();
        let work = tokio::spawn(async move {
            app.end_memberships_for_good(user_id, true).await?;
            let left = app.write(user_id, move |tx, _, now| {
                let left = account::delete_by(tx, now, Some(me), user_id, erase)?;
                bot::delete_all_of(tx, now, user_id, left)
            });
            app.after_deletion(left.await?, erase).await;
            Ok(())
        });
        work.await.map_err(Error::internal)?
    }
}
