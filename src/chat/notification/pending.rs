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

/// The unread messages of a room that deserve a notification of a member.
#[derive(Clone, Debug)]
pub struct Pending {
    pub room: Room,
    /// The other user of a direct room.
    pub other: Option<User>,
    /// The oldest first, at most 50.
    pub messages: Vec<Message>,
    /// Whether one of them is addressed to the member: a mention, also of everybody, a reply, a whisper, a message of a
    /// direct room.
    pub is_personal: bool,
}

impl Pending {
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
    /// What they have neither read nor been mailed about, and is addressed to them.
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
pub fn pending(tx: &mut Tx, me: UserId, room_id: RoomId, since: Since) -> Result<Option<Pending>> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let room = room::select(
            ", m.notify, m.read_seq, m.notified_seq, m.mailed_seq, m.joined_rev, m.is_request, r.direct_pair",
        );
        format!("{room} JOIN members m ON m.room_id = r.id WHERE r.id = ?1 AND m.user_id = ?2")
    });
    let found = tx.query_opt(&FIND, &[&room_id, &me], |row| {
        let mut c = row.columns();
        let (room, level) = (room::read(&mut c)?, c.next::<NotifyLevel>()?);
        let (read, notified, mailed): (i64, i64, i64) = (c.next()?, c.next()?, c.next()?);
        let first_seq: i64 = if room.history.is_all() { c.next::<i64>().map(|_| 0)? } else { c.next()? };
        let is_silent = c.next::<bool>()? || level == NotifyLevel::None;
        let pair = c.next::<Option<String>>()?;
        let after = match since {
            Since::Read => read,
            Since::Notified => read.max(notified),
            Since::Mailed => read.max(mailed),
        };
        Ok((room, level, after.max(first_seq - 1), is_silent, pair))
    })?;
    let Some((room, level, after, false, pair)) = found else { return Ok(None) };
    let level = if since == Since::Mailed { NotifyLevel::Mentions } else { level };
    let reader = Reader { id: me, room: room.kind, level };
    let mut messages = reader.unread(tx, room_id, after)?;
    reader.filter_notifiable(tx, &mut messages)?;
    if messages.is_empty() {
        return Ok(None);
    }
    let other = pair.and_then(|pair| direct::other_of_pair(&pair, me)).map(|id| user::find(tx, id)).transpose()?;
    let is_personal = messages.iter().any(|message| reader.is_personal(message));
    Ok(Some(Pending { room, other: other.flatten(), messages, is_personal }))
}

/// The newest messages of others after a seq that every member may see.
const PUBLIC: &str = "SELECT number FROM messages
    WHERE room_id = ?1 AND to_user_id IS NULL AND seq > ?2 AND kind = 'text' AND deleted_at IS NULL AND is_silent = 0
      AND (user_id IS NULL OR user_id <> ?3)
    ORDER BY seq DESC LIMIT ?4";
/// Those of them that mention the member or everybody, by an index of their own.
const MENTIONS: &str = "SELECT x.number FROM mentions n CROSS JOIN messages x
    WHERE n.room_id = ?1 AND n.seq > ?2 AND n.user_id IN (?3, ?4)
      AND x.room_id = n.room_id AND x.seq = n.seq AND x.to_user_id IS NULL AND x.deleted_at IS NULL
    ORDER BY n.seq DESC LIMIT ?5";
/// Those that answer the member, among the last changes of the room.
const REPLIES: &str = "SELECT x.number FROM messages x JOIN messages q ON q.number = x.reply_to
    WHERE x.room_id = ?1 AND x.to_user_id IS NULL AND x.seq > ?2 AND x.deleted_at IS NULL AND x.is_silent = 0
      AND q.user_id = ?3
    ORDER BY x.seq DESC LIMIT ?4";
const WHISPERS: &str = "SELECT number FROM messages
    WHERE room_id = ?1 AND to_user_id IS NOT NULL AND to_user_id = ?2 AND seq > ?3 AND deleted_at IS NULL
      AND is_silent = 0
    ORDER BY seq DESC LIMIT ?4";
/// The most changes of a room that are searched for replies.
const REPLIES_WITHIN: i64 = 1_000;

/// Returns the rooms in which something addressed to a user is unread of which no mail has told, the latest active first, at
/// most 200: a direct room, or one with a mention of them or of everybody, a whisper, or a reply.
///
/// # Errors
/// Only those of the store.
pub(in crate::chat) fn personal_rooms(tx: &mut Tx, me: UserId) -> Result<Vec<RoomId>> {
    let sql = format!(
        "SELECT m.room_id FROM members m JOIN rooms r ON r.id = m.room_id
         WHERE m.user_id = ?1 AND m.notify <> 'none' AND m.read_seq < r.rev AND m.mailed_seq < r.rev
           AND (r.kind = 'direct'
             OR EXISTS (SELECT 1 FROM mentions n WHERE n.room_id = m.room_id AND n.user_id IN (?1, ?2)
                 AND n.seq > m.read_seq AND n.seq > m.mailed_seq)
             OR EXISTS (SELECT 1 FROM messages x WHERE x.room_id = m.room_id
                 AND x.to_user_id IS NOT NULL AND x.to_user_id = ?1 AND x.seq > m.read_seq AND x.seq > m.mailed_seq)
             OR EXISTS (SELECT 1 FROM messages x JOIN messages q ON q.number = x.reply_to
                 WHERE x.room_id = m.room_id AND x.to_user_id IS NULL AND x.seq > r.rev - {REPLIES_WITHIN}
                   AND x.seq > m.read_seq AND x.seq > m.mailed_seq AND q.user_id = ?1))
         ORDER BY r.active_at DESC, r.id LIMIT 200"
    );
    Ok(tx.query_all(&sql, &[&me, &mention::EVERYBODY_ID], |row| row.get(0))?)
}

/// Returns a message that was held and is shown now, as what to notify a member of. `None` where it is not addressed to them, or
/// their settings do not let it through.
///
/// # Errors
/// Only those of the store.
pub fn shown(tx: &mut Tx, me: UserId, room_id: RoomId, seq: i64) -> Result<Option<Pending>> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let room = room::select(", m.notify, m.joined_rev");
        format!("{room} JOIN members m ON m.room_id = r.id WHERE r.id = ?1 AND m.user_id = ?2")
    });
    let found = tx.query_opt(&FIND, &[&room_id, &me], |row| {
        let mut c = row.columns();
        let (room, level, joined_rev) = (room::read(&mut c)?, c.next::<NotifyLevel>()?, c.next::<i64>()?);
        let is_visible = room.history.is_all() || seq >= joined_rev;
        Ok((room, level, is_visible))
    })?;
    let Some((room, level, true)) = found.filter(|(_, level, _)| *level != NotifyLevel::None) else { return Ok(None) };
    let number = "SELECT number FROM messages WHERE room_id = ?1 AND seq = ?2 AND to_user_id IS NULL";
    let number: Option<i64> = tx.query_opt(number, &[&room_id, &seq], |row| row.get(0))?;
    let mut messages = number.map(|number| message::by_number(tx, number)).transpose()?.into_iter().collect();
    let reader = Reader { id: me, room: room.kind, level };
    reader.filter_notifiable(tx, &mut messages)?;
    messages.retain(|message| reader.is_personal(message));
    let is_any = !messages.is_empty();
    Ok(is_any.then_some(Pending { room, other: None, messages, is_personal: true }))
}

impl Reader {
    /// Returns the newest messages after a seq that the level may let through, the oldest first.
    fn unread(&self, tx: &mut Tx, room_id: RoomId, after: i64) -> Result<Vec<Message>> {
        let mut numbers: Vec<i64> = Vec::new();
        if self.level == NotifyLevel::All || self.room == RoomKind::Direct {
            numbers.extend(tx.query_all(PUBLIC, &[&room_id, &after, &self.id, &LOOKED_AT], |row| row.get::<i64>(0))?);
        } else {
            let everybody = mention::EVERYBODY_ID;
            let mentions =
                tx.query_all(MENTIONS, &[&room_id, &after, &self.id, &everybody, &LOOKED_AT], |row| row.get(0));
            numbers.extend::<Vec<i64>>(mentions?);
            let rev: i64 = tx.query_one("SELECT rev FROM rooms WHERE id = ?1", &[&room_id], |row| row.get(0))?;
            let replies_after = after.max(rev - REPLIES_WITHIN);
            let replies = tx.query_all(REPLIES, &[&room_id, &replies_after, &self.id, &LOOKED_AT], |row| row.get(0));
            numbers.extend::<Vec<i64>>(replies?);
        }
        numbers.extend(tx.query_all(WHISPERS, &[&room_id, &self.id, &after, &LOOKED_AT], |row| row.get::<i64>(0))?);
        numbers.sort_unstable();
        numbers.dedup();
        let mut messages = message::by_numbers(tx, &numbers)?;
        messages.sort_unstable_by_key(|message| message.seq);
        Ok(messages)
    }

    /// Removes what the level leaves out, what nobody should see any more, and what comes from somebody blocked or muted.
    fn filter_notifiable(&self, tx: &mut Tx, messages: &mut Vec<Message>) -> Result<()> {
        messages.retain(|message| self.is_notifiable(message));
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

    fn is_notifiable(&self, message: &Message) -> bool {
        let is_by_another = message.user.as_ref().is_some_and(|user| user.id != self.id);
        let is_there = message.kind != MessageKind::System && message.deleted_at.is_none();
        is_by_another && is_there && (self.level == NotifyLevel::All || self.is_personal(message))
    }

    /// Whether a message is addressed to the member.
    fn is_personal(&self, message: &Message) -> bool {
        let calls = |mention: &mention::Mention| mention.user_id.is_none_or(|id| id == self.id);
        let answers = || {
            let answered = message.reply_to.as_ref().and_then(|reply| reply.user.as_ref());
            answered.is_some_and(|user| user.id == self.id)
        };
        let is_private = self.room == RoomKind::Direct || message.kind == MessageKind::Whisper;
        is_private || message.mentions.iter().any(calls) || answers()
    }
}
