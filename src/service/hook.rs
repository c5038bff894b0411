//! Incoming webhooks: managed by moderators, and used by programs.

use std::net::IpAddr;

use super::App;
use crate::chat::hook::{self, Hook};
use crate::chat::kinds::UserKind;
use crate::chat::session::Token;
use crate::chat::user;
use crate::error::{Code, Result};
use crate::files::Upload;
use crate::ids::{HookId, RoomId, UserId};

impl App {
    /// Returns the hooks of a room; for the owner and the moderators.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
    pub async fn hooks(&self, me: UserId, room_id: RoomId) -> Result<Vec<Hook>> {
        self.db.read(move |tx| hook::list(tx, me, room_id)).await
    }

    /// Creates a hook and returns it with the address that programs use.
    ///
    /// # Errors
    /// `rate_limited`; `invalid` or `too_long` with the field `name`; `room_not_found`, `gone`, `not_a_member`,
    /// `forbidden`; `too_many`.
    pub async fn create_hook(&self, me: UserId, room_id: RoomId, name: String) -> Result<(Hook, String)> {
        self.rates.act(me)?;
        let create =
            self.write(room_id, move |tx, limits, now| hook::create(tx, limits, now, me, room_id, &name)).await?;
        Ok((create.0, self.hook_url(&create.1)))
    }

    /// Renames a hook.
    ///
    /// # Errors
    /// As [`App::create_hook`]; `not_found`.
    pub async fn rename_hook(&self, me: UserId, room_id: RoomId, id: HookId, name: String) -> Result<Hook> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, limits, _| hook::rename(tx, limits, me, room_id, id, &name)).await
    }

    /// Gives a hook a new address; the old one is void at once.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn rotate_hook(&self, me: UserId, room_id: RoomId, id: HookId) -> Result<(Hook, String)> {
        self.rates.act(me)?;
        let (hook, secret) = self.write(room_id, move |tx, _, now| hook::rotate(tx, now, me, room_id, id)).await?;
        Ok((hook, self.hook_url(&secret)))
    }

    /// Revokes a hook.
    ///
    /// # Errors
    /// As [`App::rotate_hook`].
    pub async fn revoke_hook(&self, me: UserId, room_id: RoomId, id: HookId) -> Result<()> {
        self.rates.act(me)?;
        self.write(room_id, move |tx, _, now| hook::revoke(tx, now, me, room_id, id)).await
    }

    /// Checks that a user may change a hook, before a picture for it is read.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found`.
    pub async fn may_change_hook(&self, me: UserId, room_id: RoomId, id: HookId) -> Result<UserId> {
        self.db.read(move |tx| hook::bot_of(tx, me, room_id, id)).await
    }

    /// Sets the picture of a hook, as [`App::set_picture`] does.
    ///
    /// # Errors
    /// As [`App::may_change_hook`] and [`App::set_picture`].
    pub async fn set_hook_picture(&self, me: UserId, room_id: RoomId, id: HookId, upload: Upload) -> Result<Hook> {
        let set = self.put_portrait(me, upload, move |tx, hash| {
            let bot = hook::bot_of(tx, me, room_id, id)?;
            user::set_picture(tx, bot, Some(hash))
        });
        set.await?;
        self.db.read(move |tx| hook::get(tx, room_id, id)).await
    }

    /// Returns the room and the bot of a hook that is about to post, and counts the post.
    ///
    /// # Errors
    /// `not_found`; `rate_limited`.
    pub async fn hook_of(&self, secret: &Token) -> Result<(RoomId, UserId)> {
        let sought = secret.clone();
        let (hook_id, room_id, bot) = self.db.read(move |tx| hook::find(tx, &sought)).await?;
        self.rates.hook(hook_id)?;
        Ok((room_id, bot))
    }

    /// Posts a text by a hook, which [`App::hook_of`] has found.
    ///
    /// # Errors
    /// `not_found`; `invalid` with the field `text`; `too_many`; `room_closed`, `too_new`, `filtered`.
    pub async fn post_by_hook(
        &self,
        address: IpAddr,
        (room_id, bot): (RoomId, UserId),
        secret: Token,
        text: String,
        silent: bool,
    ) -> Result<()> {
        self.budgets.seen(bot, UserKind::Bot, address);
        self.budgets.store(&self.disk_space, bot, text.len())?;
        self.realtime.wait_for_space(room_id).await;
        let limits = self.limits_of_text(bot, &text, false);
        self.write(room_id, move |tx, _, now| hook::post(tx, &limits, now, &secret, &text, silent)).await?;
        Ok(())
    }

    /// Returns the secret in the path of a hook.
    ///
    /// # Errors
    /// `not_found` for a text that is none.
    pub fn hook_secret(path: &str) -> Result<Token> {
        path.parse().map_err(|_| Code::NotFound.into())
    }

    /// Returns the address of a hook; without the server's if `PUBLIC_URL` is not set.
    fn hook_url(&self, secret: &Token) -> String {
        format!("{}/hooks/{}", self.base(), secret.reveal())
    }
}
