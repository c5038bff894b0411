//! Mail for what was missed: mentions, replies, whispers and direct messages that stay unread. Only a confirmed address
//! gets any.

use super::kinds::{JobKind, LinkKind};
use super::notification::{self, Pending, Since};
use super::session::Token;
use super::{Tx, one_time_link, outbox};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// After how many minutes away a mail is sent.
pub const MINUTES: [i64; 3] = [15, 60, 1_440];
/// The most rooms of one mail.
const ROOMS_MAX: usize = 20;

/// Whether and when a user is mailed what they missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// After how many minutes away; `None` for no mail.
    pub minutes: Option<i64>,
    /// Whether the user has shown that the address is theirs.
    pub is_confirmed: bool,
}

impl Digest {
    /// Returns whether mail is wanted, but the address is not confirmed yet.
    pub fn awaits_confirmation(self) -> bool {
        self.minutes.is_some() && !self.is_confirmed
    }
}

/// Returns what a user has chosen.
///
/// # Errors
/// Only those of the store.
pub fn get(tx: &mut Tx, me: UserId) -> Result<Digest> {
    let sql = "SELECT digest_minutes, email_confirmed_at FROM users WHERE id = ?1";
    let found = tx.query_opt(sql, &[&me], |row| {
        Ok(Digest { minutes: row.get(0)?, is_confirmed: row.get::<Option<i64>>(1)?.is_some() })
    })?;
    Ok(found.unwrap_or_default())
}

/// Sets after how many minutes away a user is mailed, and in which language; with `None` never. Where the address is not
/// confirmed, queues a mail with a link for that.
///
/// # Errors
/// `invalid` with the field `minutes`; `forbidden` for a user without an address.
pub fn set(tx: &mut Tx, now: i64, me: UserId, minutes: Option<i64>, lang: &str) -> Result<Digest> {
    if minutes.is_some_and(|minutes| !MINUTES.contains(&minutes)) {
        return Err(Error::invalid("minutes", "minutes must be 15, 60 or 1440"));
    }
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND email IS NOT NULL";
    if tx.query_opt(sql, &[&me], |row| row.get::<i64>(0))?.is_none() {
        return Err(Error::new(Code::Forbidden).with_message("only an account with an e-mail address is mailed"));
    }
    let before = get(tx, me)?;
    if before.minutes.is_none() && minutes.is_some() {
        notification::begin(tx, me)?;
        let known = "UPDATE members SET mailed_seq = (SELECT r.rev FROM rooms r WHERE r.id = members.room_id)
                     WHERE user_id = ?1";
        tx.execute(known, &[&me])?;
    }
    // What waits was queued for another time.
    stop(tx, me)?;
    tx.execute("UPDATE users SET digest_minutes = ?2, digest_lang = ?3 WHERE id = ?1", &[&me, &minutes, &lang])?;
    let digest = Digest { minutes, ..before };
    if digest.awaits_confirmation() && !outbox::is_waiting(tx, JobKind::ConfirmEmail, me)? {
        outbox::enqueue(tx, now, JobKind::ConfirmEmail, me, None, lang)?;
    }
    Ok(digest)
}

/// Mails a user nothing any more.
///
/// # Errors
/// Only those of the store.
pub fn stop(tx: &mut Tx, me: UserId) -> Result<()> {
    tx.execute("UPDATE users SET digest_minutes = NULL WHERE id = ?1", &[&me])?;
    outbox::drop_target(tx, JobKind::Digest, me)?;
    outbox::drop_target(tx, JobKind::ConfirmEmail, me)
}

/// Makes the link by which a user confirms their address. `None` if it is confirmed, or there is none.
///
/// # Errors
/// Only those of the store.
pub fn confirmation(tx: &mut Tx, now: i64, user_id: UserId) -> Result<Option<(String, Token)>> {
    let sql = "SELECT email FROM users
               WHERE id = ?1 AND email IS NOT NULL AND email_confirmed_at IS NULL AND deleted_at IS NULL";
    let Some(email) = tx.query_opt(sql, &[&user_id], |row| row.get(0))? else { return Ok(None) };
    Ok(Some((email, one_time_link::make(tx, now, LinkKind::Email, Some(user_id))?)))
}

/// Confirms an address by its link.
///
/// # Errors
/// `gone`.
pub fn confirm(tx: &mut Tx, now: i64, code: &Token) -> Result<()> {
    let user_id = one_time_link::take(tx, now, LinkKind::Email, code)?.ok_or(Code::Gone)?;
    tx.execute("UPDATE users SET email_confirmed_at = ?2 WHERE id = ?1 AND email IS NOT NULL", &[&user_id, &now])?;
    Ok(())
}

/// What a mail tells a user.
#[derive(Clone, Debug)]
pub struct Missed {
    pub email: String,
    pub name: String,
    pub lang: String,
    pub rooms: Vec<Pending>,
}

/// The rooms that a mail tells of, each with the message up to which the mail before told of it, and up to which this one
/// does.
pub type Marks = Vec<(RoomId, i64, i64)>;

/// Returns what to mail a user. `None` if there is nothing, or they get no mail.
///
/// # Errors
/// Only those of the store.
pub fn missed(tx: &mut Tx, now: i64, user_id: UserId) -> Result<Option<Missed>> {
    let sql = "SELECT email, name, COALESCE(digest_lang, '') FROM users
               WHERE id = ?1 AND email IS NOT NULL AND digest_minutes IS NOT NULL AND email_confirmed_at IS NOT NULL
                 AND (suspended_at IS NULL OR suspended_until <= ?2)";
    let found = tx.query_opt(sql, &[&user_id, &now], |row| {
        Ok(Missed { email: row.get(0)?, name: row.get(1)?, lang: row.get(2)?, rooms: Vec::new() })
    })?;
    let Some(user) = found else { return Ok(None) };
    let rooms = missed_rooms(tx, user_id)?;
    Ok(if rooms.is_empty() { None } else { Some(Missed { rooms, ..user }) })
}

/// Returns what a user has missed in their rooms, the latest active first.
fn missed_rooms(tx: &mut Tx, user_id: UserId) -> Result<Vec<Pending>> {
    let mut rooms = Vec::new();
    for room_id in notification::personal_rooms(tx, user_id)? {
        rooms.extend(notification::pending(tx, user_id, room_id, Since::Mailed)?);
        if rooms.len() == ROOMS_MAX {
            break;
        }
    }
    Ok(rooms)
}

/// Notes before a mail is sent that it is, so that a killed server does not send it again.
///
/// # Errors
/// Only those of the store.
pub fn mark_sent(tx: &mut Tx, user_id: UserId, rooms: &[(RoomId, i64)]) -> Result<Marks> {
    let mut marks = Vec::new();
    for &(room_id, seq) in rooms {
        let sql = "SELECT mailed_seq FROM members WHERE room_id = ?1 AND user_id = ?2";
        let Some(before) = tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))? else { continue };
        tx.execute(
            "UPDATE members SET mailed_seq = ?3 WHERE room_id = ?1 AND user_id = ?2",
            &[&room_id, &user_id, &seq],
        )?;
        marks.push((room_id, before, seq));
    }
    Ok(marks)
}

/// Takes back that a mail was sent, as the mail server has refused it for now.
///
/// # Errors
/// Only those of the store.
pub fn mark_unsent(tx: &mut Tx, user_id: UserId, marks: &Marks) -> Result<()> {
    for (room_id, before, seq) in marks {
        let sql = "UPDATE members SET mailed_seq = ?3 WHERE room_id = ?1 AND user_id = ?2 AND mailed_seq = ?4";
        tx.execute(sql, &[room_id, &user_id, before, seq])?;
    }
    Ok(())
}
