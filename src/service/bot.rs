//! Bots of an account.

use super::App;
use crate::chat::bot::{self, Bot};
use crate::chat::kinds::BotRight;
use crate::chat::session::Token;
use crate::error::Result;
use crate::ids::UserId;

impl App {
    /// Returns the bots of an account.
    ///
    /// # Errors
    /// Only those of the store.
    pub async fn bots(&self, me: UserId) -> Result<Vec<Bot>> {
        self.db.read(move |tx| bot::list(tx, me)).await
    }

    /// Creates a bot and returns it with its key.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for a guest; `invalid` or `too_long` with the field `name`; `too_many`.
    pub async fn create_bot(&self, me: UserId, name: String, rights: Vec<BotRight>) -> Result<(Bot, Token)> {
        self.rates.act(me)?;
        self.write(me, move |tx, limits, now| bot::create(tx, limits, now, me, &name, &rights)).await
    }

    /// Renames a bot.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`; `invalid` or `too_long` with the field `name`.
    pub async fn rename_bot(&self, me: UserId, id: UserId, name: String) -> Result<Bot> {
        self.rates.act(me)?;
        self.write(me, move |tx, limits, _| bot::rename(tx, limits, me, id, &name)).await
    }

    /// Gives a bot a new key, and other rights if there are any. Its sockets end.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn rotate_bot(&self, me: UserId, id: UserId, rights: Option<Vec<BotRight>>) -> Result<(Bot, Token)> {
        self.rates.act(me)?;
        self.write(me, move |tx, _, now| bot::rotate(tx, now, me, id, rights.as_deref())).await
    }

    /// Deletes a bot.
    ///
    /// # Errors
    /// `rate_limited`; `not_found`.
    pub async fn delete_bot(&self, me: UserId, id: UserId) -> Result<()> {
        self.rates.act(me)?;
        // One room after the other, so that no act waits for all of them.
        self.db.read(move |tx| bot::get(tx, me, id)).await?;
        self.end_memberships_for_good(id, true).await?;
        let unneeded = self.write(me, move |tx, _, now| bot::delete(tx, now, me, id)).await?;
        self.remove_bytes(unneeded).await;
        Ok(())
    }
}
