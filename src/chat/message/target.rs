//! The message that a user wants to change, and whether they may.
//!
//! A message that the user may not see gives the same error as one that does not exist.

use std::sync::LazyLock;

use super::mention::{self, Mention};
use super::{Message, load, policy};
use crate::chat::kinds::{MessageKind, Role, RoomKind};
use crate::chat::{Fact, Limits, Tx, block, direct, member, room, room::Position};
use crate::error::{Code, Result};
use crate::ids::{MessageId, RoomId, UserId};

/// A message that a user wants to act on, with their membership of its room.
pub(super) struct Target {
    pub(super) number: i64,
    pub(super) room_id: RoomId,
    pub(super) seq: i64,
    pub(super) kind: MessageKind,
    pub(super) user_id: Option<UserId>,
    /// The receiver of a whisper.
    pub(super) to: Option<UserId>,
    pub(super) text: String,
    pub(super) file_count: i64,
    mentions: Option<String>,
    pub(super) preview: Option<String>,
    created_at: i64,
    pub(super) deleted_at: Option<i64>,
    pub(super) pinned_at: Option<i64>,
    pub(super) role: Role,
    pub(super) room_kind: RoomKind,
    pub(super) is_silent: bool,
    is_closed: bool,
    muted_until: Option<i64>,
    /// The seq of the first message of the room that the user may see.
    pub(super) first_seq: i64,
}

/// Finds a message that a user may see, in a room of theirs.
///
/// # Errors
/// `forbidden` for any other.
pub(super) fn find(tx: &mut Tx, me: UserId, id: MessageId) -> Result<Target> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let (role, muted_until) = (member::role_column("x"), member::muted_until("m.room_id"));
        format!(
            "SELECT m.number, m.room_id, m.seq, m.kind, m.user_id, m.to_user_id, m.text, m.file_count, m.mentions,
               m.preview, m.created_at, m.deleted_at, m.pinned_at, {role}, r.kind, m.is_silent, r.closed_at,
               {muted_until},
               CASE WHEN r.history = 'all' THEN 0 ELSE x.joined_rev END
             FROM messages m JOIN rooms r ON r.id = m.room_id
               JOIN members x ON x.room_id = m.room_id AND x.user_id = ?2
             WHERE m.id = ?1 AND (m.to_user_id IS NULL OR m.to_user_id = ?2 OR m.user_id = ?2)
               AND (r.history = 'all' OR m.seq >= x.joined_rev)"
        )
    });
    let found = tx.query_opt(&FIND, &[&id, &me], |row| {
        let mut c = row.columns();
        Ok(Target {
            number: c.next()?,
            room_id: c.next()?,
            seq: c.next()?,
            kind: c.next()?,
            user_id: c.next()?,
            to: c.next()?,
            text: c.next()?,
            file_count: c.next()?,
            mentions: c.next()?,
            preview: c.next()?,
            created_at: c.next()?,
            deleted_at: c.next()?,
            pinned_at: c.next()?,
            role: c.next()?,
            room_kind: c.next()?,
            is_silent: c.next()?,
            is_closed: c.next::<Option<i64>>()?.is_some(),
            muted_until: c.next()?,
            first_seq: c.next()?,
        })
    })?;
    found.ok_or(Code::Forbidden.into())
}

/// Returns the room of a message.
///
/// # Errors
/// Only those of the store.
pub fn room_of(tx: &mut Tx, id: MessageId) -> Result<Option<RoomId>> {
    Ok(tx.query_opt("SELECT room_id FROM messages WHERE id = ?1", &[&id], |row| row.get(0))?)
}

impl Target {
    /// Whether it is a message of a user and not deleted.
    pub(super) fn is_changeable(&self) -> bool {
        self.kind != MessageKind::System && self.deleted_at.is_none()
    }

    /// Takes the room's next rev for a change of this message.
    pub(super) fn next_rev(&self, tx: &mut Tx, now: i64) -> Result<Position> {
        room::next_rev(tx, now, self.room_id, !self.is_whisper())
    }

    /// Returns the present message, as the user may see it.
    pub(super) fn load(&self, tx: &mut Tx) -> Result<Message> {
        let mut message = load::by_number(tx, self.number)?;
        message.cut(self.first_seq);
        Ok(message)
    }

    /// Publishes the changed message, and returns it as [`Target::load`].
    pub(super) fn publish(&self, tx: &mut Tx, position: Position) -> Result<Message> {
        let mut message = publish(tx, self.number, position)?;
        message.cut(self.first_seq);
        Ok(message)
    }

    pub(super) fn is_whisper(&self) -> bool {
        self.to.is_some()
    }

    /// Checks that members may act in the room, and that a change of the message would not reach somebody who has blocked
    /// the user: the other user of a direct room or of a whisper, or the author of another's message. Every act on a
    /// message that others see asks this.
    ///
    /// # Errors
    /// `forbidden`, `room_closed`, `muted`.
    pub(super) fn check_may_act(&self, tx: &mut Tx, now: i64, me: UserId) -> Result<()> {
        if self.is_closed {
            return Err(Code::RoomClosed.into());
        }
        policy::check_not_muted(now, self.muted_until)?;
        let other = match (self.room_kind, self.to) {
            (RoomKind::Direct, _) => return direct::check_open(tx, me, self.room_id),
            (RoomKind::Open, Some(to)) if self.is_by(me) => Some(to),
            (RoomKind::Open, _) => self.user_id.filter(|author| *author != me),
        };
        match other {
            Some(other) if block::is_blocked(tx, other, me)? => Err(Code::Forbidden.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn is_by(&self, me: UserId) -> bool {
        self.user_id == Some(me)
    }

    /// Whether the user moderates the message. Nobody moderates whispers and direct rooms.
    pub(super) fn may_moderate(&self) -> bool {
        self.role >= Role::Moderator && self.room_kind == RoomKind::Open && !self.is_whisper()
    }

    /// Whether the time has passed in which senders may change their messages. Moderators have no limit.
    pub(super) fn is_too_old(&self, limits: &Limits, now: i64) -> bool {
        let window = limits.change_window_ms;
        window > 0 && now - self.created_at > window && !self.may_moderate()
    }

    pub(super) fn mentions(&self) -> Vec<Mention> {
        mention::from_column(self.mentions.as_deref())
    }
}

/// Publishes a changed message.
pub(super) fn publish(tx: &mut Tx, number: i64, position: Position) -> Result<Message> {
    let message = load::by_number(tx, number)?;
    tx.publish(Fact::message(message.clone(), position));
    Ok(message)
}
