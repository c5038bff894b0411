//! Profiles: what others see of a user.

use super::App;
use crate::chat::user::{self, Profile, User};
use crate::error::Result;
use crate::files::Upload;
use crate::ids::UserId;

impl App {
    /// Returns a user's profile.
    ///
    /// # Errors
    /// `not_found`, also for a profile that the viewer may not see.
    pub async fn profile(&self, viewer: UserId, id: UserId) -> Result<Profile> {
        self.db.read(move |tx| user::profile(tx, viewer, id)).await
    }

    /// Sets one's picture: the middle of the upload, re-encoded as a small square.
    ///
    /// # Errors
    /// `too_large`, `unsupported_type`, `bad_image`, `busy`. See also [`App::may_upload`].
    pub async fn set_picture(&self, me: UserId, upload: Upload) -> Result<User> {
        self.put_portrait(me, upload, move |tx, hash| user::set_picture(tx, me, Some(hash))).await
    }

    /// Removes one's picture.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn remove_picture(&self, me: UserId) -> Result<User> {
        self.rates.act(me)?;
        let (user, unneeded) = self.write(me, move |tx, _, _| user::set_picture(tx, me, None)).await?;
        self.remove_bytes(unneeded).await;
        Ok(user)
    }

    /// Whether a hash is that of a user's picture.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn is_picture(&self, hash: String) -> Result<bool> {
        self.db.read(move |tx| user::is_picture(tx, &hash)).await
    }
}
