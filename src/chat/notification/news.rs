//! What is new to a member of a room and deserves a notification. Push and mail ask here.

use std::sync::LazyLock;

use super::is_muted_by;
use crate::chat::kinds::{MessageKind, NotifyLevel, RoomKind};
use crate::chat::message::{self, Message, mention};
use crate::chat::room::{self, Room};
use crate::chat::user::{self, User};
use crate::chat::{Tx, direct};
use crate::error::Result;
use crate::ids::{RoomId, UserId};

/// The newest unread messages of a room that are looked at.
const LOOKED_AT: u64 = 50;

/// The unread messages of a room that a member is notified of.
#[derive(Clone, Debug)]
pub struct News {
    pub room: Room,
    /// The other user of a direct room.
    pub other: Option<User>,
    /// The oldest first, at most 50.
    pub messages: Vec<Message>,
    /// Whether one of them is for the member alone: a mention, a reply, a whisper, a message of a direct room.
    pub is_personal: bool,
    /// When the member was last notified of the room.
    pub notified_at: Option<i64>,
}

impl News {
    /// Returns the newest message.
    pub fn last(&self) -> Option<&Message> {
        self.messages.last()
    }
}

/// Up to where a member knows a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// What they have not read.
    Read,
    /// What they have neither read nor been notified of.
    Notified,
    /// What they have neither read nor been mailed about, and is for them alone.
    Mailed,
}

/// A member, as the room's notifications know them.
struct Reader {
    id: UserId,
    room: RoomKind,
    level: NotifyLevel,
}

/// Returns what of a room deserves a notification of a member. `None` where nothing does, and for a user who is not a
/// member.
///
/// # Errors
/// Only those of the store.
pub fn news(tx: &mut Tx, me: UserId, room_id: RoomId, since: Since) -> Result<Option<News>> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let room = room::select(
            ", m.notify, m.read_seq, m.notified_seq, m.mailed_seq, m.joined_rev, m.is_request, m.notified_at, r.direct_pair",
        );
        format!("{room} JOIN members m ON m.room_id = r.id WHERE r.id = ?1 AND m.user_id = ?2")
    });
    let found = tx.query_opt(&FIND, &[&room_id, &me], |row| {
        let mut c = row.columns();
        let (room, level) = (room::read(&mut c)?, c.next::<NotifyLevel>()?);
        let (read, notified, mailed): (i64, i64, i64) = (c.next()?, c.next()?, c.next()?);
        let first_seq: i64 = if room.history.is_all() { c.next::<i64>().map(|_| 0)? } else { c.next()? };
        let is_silent = c.next::<bool>()? || level == NotifyLevel::None;
        let (notified_at, pair) = (c.next()?, c.next::<Option<String>>()?);
        let after = match since {
            Since::Read => read,
            Since::Notified => read.max(notified),
            Since::Mailed => read.max(mailed),
        };
        Ok((room, level, after.max(first_seq - 1), is_silent, notified_at, pair))
    })?;
    let Some((room, level, after, false, notified_at, pair)) = found else { return Ok(None) };
    let level = if since == Since::Mailed { NotifyLevel::Mentions } else { level };
    let reader = Reader { id: me, room: room.kind, level };
    let mut messages = unread(tx, me, room_id, after)?;
    reader.keep_deserving(tx, &mut messages)?;
    if messages.is_empty() {
        return Ok(None);
    }
    let other = pair.and_then(|pair| direct::other_of_pair(&pair, me)).map(|id| user::find(tx, id)).transpose()?;
    let is_personal = messages.iter().any(|message| reader.is_personal(message));
    Ok(Some(News { room, other: other.flatten(), messages, is_personal, notified_at }))
}

/// Returns the newest messages after a seq that a member may see, the oldest first.
fn unread(tx: &mut Tx, me: UserId, room_id: RoomId, after: i64) -> Result<Vec<Message>> {
    let public = "SELECT number FROM messages WHERE room_id = ?1 AND to_user_id IS NULL AND seq > ?2
                  ORDER BY seq DESC LIMIT ?3";
    let mut numbers: Vec<i64> = tx.query_all(public, &[&room_id, &after, &LOOKED_AT], |row| row.get(0))?;
    let whispers = "SELECT number FROM messages
                    WHERE room_id = ?1 AND to_user_id IS NOT NULL AND to_user_id = ?2 AND seq > ?3
                    ORDER BY seq DESC LIMIT ?4";
    numbers.extend(tx.query_all(whispers, &[&room_id, &me, &after, &LOOKED_AT], |row| row.get::<i64>(0))?);
    let mut messages = message::by_numbers(tx, &numbers)?;
    messages.sort_unstable_by_key(|message| message.seq);
    Ok(messages)
}

impl Reader {
    /// Removes what the level leaves out, what nobody should see any more, and what comes from somebody blocked or muted.
    fn keep_deserving(&self, tx: &mut Tx, messages: &mut Vec<Message>) -> Result<()> {
        messages.retain(|message| self.is_wanted(message));
        let mut unwanted: Vec<UserId> = messages.iter().filter_map(|message| Some(message.user.as_ref()?.id)).collect();
        unwanted.sort_unstable();
        unwanted.dedup();
        for at in (0..unwanted.len()).rev() {
            let author = unwanted[at];
            if !is_muted_by(tx, author, self.id)? {
                unwanted.swap_remove(at);
            }
        }
        messages.retain(|message| message.user.as_ref().is_some_and(|user| !unwanted.contains(&user.id)));
        Ok(())
    }

    fn is_wanted(&self, message: &Message) -> bool {
        let is_by_another = message.user.as_ref().is_some_and(|user| user.id != self.id);
        let is_there = message.kind != MessageKind::System && message.deleted_at.is_none();
        is_by_another && is_there && (self.level == NotifyLevel::All || self.is_personal(message))
    }

    /// Whether a message is for the member alone.
    fn is_personal(&self, message: &Message) -> bool {
        let calls = |mention: &mention::Mention| mention.user_id.is_none_or(|id| id == self.id);
        let answers = || {
            let answered = message.reply_to.as_ref().and_then(|reply| reply.user.as_ref());
            answered.is_some_and(|user| user.id == self.id)
        };
        let is_private = self.room == RoomKind::Direct || message.to.is_some();
        is_private || message.mentions.iter().any(calls) || answers()
    }
}
