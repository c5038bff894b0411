//! Blocks: users whose whispers and direct rooms one does not want.

use super::App;
use crate::chat::block;
use crate::chat::user::User;
use crate::error::Result;
use crate::ids::UserId;

impl App {
    /// Blocks a user.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` with the field `userId` for oneself; `not_found`, `too_many`.
    pub async fn block(&self, me: UserId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, limits, now| block::add(tx, limits, now, me, user_id)).await
    }

    /// Removes a block.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn unblock(&self, me: UserId, user_id: UserId) -> Result<()> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, _| block::remove(tx, me, user_id)).await
    }

    /// Returns the blocked users, by name.
    ///
    /// # Errors
    /// Only those of the database.
    pub async fn blocks(&self, me: UserId) -> Result<Vec<User>> {
        self.db.read(move |tx| block::list(tx, me)).await
    }
}
