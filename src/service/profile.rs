//! What others see of a person, and whom one does not want to hear from.

use super::App;
use crate::chat::block;
use crate::chat::user::{self, Profile, User};
use crate::clock::now_ms;
use crate::error::Result;
use crate::files::Upload;
use crate::ids::UserId;

impl App {
    /// Somebody's profile.
    ///
    /// # Errors
    /// `not_found`, also for who may not look.
    pub async fn profile(&self, viewer: UserId, id: UserId) -> Result<Profile> {
        self.db.read(move |tx| user::profile(tx, viewer, id)).await
    }

    /// Gives oneself a picture: its middle, as a small square, made anew.
    ///
    /// # Errors
    /// `too_large`, `unsupported_type`, `bad_image`, `busy`. See also [`App::may_upload`].
    pub async fn set_picture(&self, me: UserId, upload: Upload) -> Result<User> {
        self.put_portrait(upload, move |tx, hash| user::set_picture(tx, me, Some(hash))).await
    }

    /// Takes one's own picture away.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn remove_picture(&self, me: UserId) -> Result<User> {
        self.rates.act(me)?;
        let (user, unneeded) = self.db.write(me, move |tx| user::set_picture(tx, me, None)).await?;
        self.remove_bytes(unneeded).await;
        Ok(user)
    }

    /// Whether a hash is that of somebody's picture.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn is_picture(&self, hash: String) -> Result<bool> {
        self.db.read(move |tx| user::is_picture(tx, &hash)).await
    }

    /// Blocks somebody.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `userId` for oneself; `not_found`, `too_many`.
    pub async fn block(&self, me: UserId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        let limits = self.config.limits.clone();
        self.db.write(me, move |tx| block::add(tx, &limits, now_ms(), me, user_id)).await
    }

    /// Takes a block away.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn unblock(&self, me: UserId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.db.write(me, move |tx| block::remove(tx, me, user_id)).await
    }

    /// Whom one has blocked, by name.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn blocks(&self, me: UserId) -> Result<Vec<User>> {
        self.db.read(move |tx| block::list(tx, me)).await
    }
}
