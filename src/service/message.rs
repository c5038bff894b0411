//! Messages: sent within the rate limits, and read.

use std::time::Instant;

use super::App;
use crate::chat::message::{self, Changes, Cursor, Message, NewMessage, NewText, Sent};
use crate::chat::{Limits, Tx, member, room};
use crate::clock::now_ms;
use crate::db::Subject;
use crate::error::Result;
use crate::ids::{MessageId, RoomId, UserId};
use crate::metrics;

impl App {
    /// Sends a message. `Ok` means that it is stored durably.
    ///
    /// # Errors
    /// `rate_limited`; `room_not_found`, `not_a_member`; `invalid`, `too_long` with the field.
    pub async fn send(&self, me: UserId, room_id: RoomId, new: NewMessage) -> Result<Sent> {
        let begin = Instant::now();
        self.rates.send(me)?;
        self.budgets.store(&self.disk_space, me, new.text.len())?;
        self.realtime.wait_for_space(room_id).await;
        let limits = self.limits_of_text(me, &new.text, new.to.is_some());
        let new = NewMessage { looked: Some(limits.server.look(&new.text)), ..new };
        let sent =
            self.write(room_id, move |tx, _, now| message::send(tx, &limits, now, me, room_id, new.clone())).await?;
        metrics::SENDS.add(1);
        metrics::SEND_SECONDS.since(begin);
        Ok(sent)
    }

    /// Edits one's own message.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for a message that one may not edit; `invalid`, `too_long` with the field.
    pub async fn edit(&self, me: UserId, id: MessageId, text: String) -> Result<Message> {
        self.budgets.store(&self.disk_space, me, text.len())?;
        let limits = self.limits_of_text(me, &text, false);
        let looked = Some(limits.server.look(&text));
        let edit = move |tx: &mut Tx, _: &Limits, now| {
            message::edit(tx, &limits, now, me, id, NewText { text: &text, looked })
        };
        self.change(me, id, edit).await
    }

    /// Deletes a message for everyone.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for a message that one may not delete.
    pub async fn delete(&self, me: UserId, id: MessageId) -> Result<Message> {
        let changed = self.change(me, id, move |tx, limits, now| message::delete(tx, limits, now, me, id)).await?;
        self.remove_bytes(changed.unneeded).await;
        Ok(changed.message)
    }

    /// Hides a message, or shows it again; for moderators and admins.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for others, and for a message that they may not moderate; `not_found` to show one that is
    /// not hidden.
    pub async fn hide(&self, me: UserId, id: MessageId, is_hidden: bool) -> Result<Message> {
        self.change(me, id, move |tx, limits, now| match is_hidden {
            true => message::hide(tx, now, me, id),
            false => message::show(tx, limits, now, me, id),
        })
        .await
    }

    /// Adds or removes one's reaction to a message.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for a message that one may not see; `invalid` with the field `emoji`; `too_many`.
    pub async fn react(&self, me: UserId, id: MessageId, emoji: String, on: bool) -> Result<Message> {
        self.change(me, id, move |tx, limits, now| message::react(tx, limits, now, me, id, &emoji, on)).await
    }

    /// Pins or unpins a message in its room.
    ///
    /// # Errors
    /// `rate_limited`; `forbidden` for members who may not pin; `too_many`.
    pub async fn pin(&self, me: UserId, id: MessageId, on: bool) -> Result<Message> {
        self.change(me, id, move |tx, limits, now| message::pin(tx, limits, now, me, id, on)).await
    }

    /// Toggles one's reaction to a message.
    ///
    /// # Errors
    /// As [`App::react`].
    pub async fn toggle_reaction(&self, me: UserId, id: MessageId, emoji: String) -> Result<Message> {
        self.change(me, id, move |tx, limits, now| {
            let is_there = message::has_reacted(tx, me, id, &emoji)?;
            message::react(tx, limits, now, me, id, &emoji, !is_there)
        })
        .await
    }

    /// Replies to a message in its room; to a whisper with a whisper.
    ///
    /// # Errors
    /// As [`App::send`]; `forbidden` for a message that one may not see.
    pub async fn reply(&self, me: UserId, id: MessageId, text: String) -> Result<Sent> {
        let (room_id, new) = self.db.read(move |tx| message::answer(tx, me, id, text)).await?;
        self.send(me, room_id, new).await
    }

    /// Returns whether a member may pin in a room.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn may_pin(&self, me: UserId, room_id: RoomId) -> Result<bool> {
        let room = self.db.read(move |tx| Ok((room::get(tx, Some(me), room_id)?, member::role(tx, me, room_id)?)));
        let (room, role) = room.await?;
        Ok(room.may_pin(role))
    }

    async fn change<T: Send + 'static>(
        &self,
        me: UserId,
        id: MessageId,
        act: impl Fn(&mut Tx, &Limits, i64) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.rates.send(me)?;
        let room_id = self.db.read(move |tx| message::room_of(tx, id)).await?;
        if let Some(room_id) = room_id {
            self.realtime.wait_for_space(room_id).await;
        }
        let subject = room_id.map_or(Subject::User(me), Subject::Room);
        self.write(subject, act).await
    }

    /// Returns the pinned messages of a room, latest pin first.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`.
    pub async fn pins(&self, me: UserId, room_id: RoomId) -> Result<Vec<Message>> {
        self.db.read(move |tx| message::pins(tx, me, room_id)).await
    }

    /// Returns a page of a room's history, as a member may see it.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`; `invalid` with the field `limit`.
    pub async fn history(&self, me: UserId, room_id: RoomId, cursor: Cursor, limit: Option<u32>) -> Result<Changes> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| message::page(tx, &limits, Some(me), room_id, cursor, limit)).await
    }

    /// Returns whether the others learn that a member is typing.
    ///
    /// # Errors
    /// `room_not_found`, `gone`, `not_a_member`.
    pub async fn shows_typing(&self, me: UserId, room_id: RoomId) -> Result<bool> {
        self.db.read(move |tx| message::shows_typing(tx, now_ms(), me, room_id)).await
    }

    /// Returns what changed in a room since a rev, as a member may see it.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`; `invalid` with the field.
    pub async fn changes(
        &self,
        me: UserId,
        room_id: RoomId,
        since: i64,
        epoch: Option<String>,
        limit: Option<u32>,
    ) -> Result<Changes> {
        let limits = self.config.limits.clone();
        let limit = limit.unwrap_or(limits.page_default);
        self.db.read(move |tx| message::since(tx, &limits, Some(me), room_id, since, epoch.as_deref(), limit)).await
    }
}
