//! The deletion of an account: first the memberships, one at a time, then the user, then, on request, their
//! messages, a bounded number at a time.

use super::admin::{end_admin_rights, lock_admins};
use super::{is_admin, is_suspended_for_good, require_admin, suspend};
use crate::chat::kinds::{AuditAction, JobKind, RoomKind};
use crate::chat::{
    Fact, Leaving, Tx, admin, audit, digest, export, file, member, message, outbox, report, room, scheduled, session,
};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// Messages looked at in one step, of any sender.
const SPAN: i64 = 10_000;
/// Messages deleted in one step.
const CHUNK: usize = 50;

/// The work that is left outside of the store after an account is deleted.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// The hashes of stored bytes that are not needed any more.
    pub unneeded: Vec<String>,
}

/// The result of one step of deleting the messages of a user.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// The rooms of the deleted messages, once for each.
    pub rooms: Vec<RoomId>,
    /// The hashes of stored bytes that are not needed any more.
    pub unneeded: Vec<String>,
}

/// Deletes an account. Its messages stay without a sender; with `erase` they are deleted by [`erase`] later, and
/// [`find_erasing`] returns the user until that is done, also after a restart. The e-mail becomes free.
///
/// The caller ends the memberships before, one by one. Those that began meanwhile end here.
///
/// # Errors
/// `not_found` for a deleted account.
pub fn leave(tx: &mut Tx, now: i64, me: UserId, erase: bool) -> Result<Leftovers> {
    let mut left = Leftovers::default();
    for room_id in member::rooms_of(tx, me)? {
        leave_room(tx, now, me, room_id, true)?;
    }
    let picture = "SELECT picture FROM users WHERE id = ?1 AND deleted_at IS NULL";
    let picture: Option<Option<String>> = tx.query_opt(picture, &[&me], |row| row.get(0))?;
    let picture = picture.ok_or(Code::NotFound)?;
    session::close_all(tx, me, None)?;
    tx.execute(
        "UPDATE users SET name = '', name_folded = '', name_initials = '', bio = '', email = NULL, email_folded = NULL,
           password_hash = NULL, picture = NULL, suspended_reason = NULL, is_admin = 0, hides_presence = 0, hides_reads = 0,
           seen_at = NULL, key_id = NULL, external_id = NULL, email_confirmed_at = NULL, deleted_at = ?2 WHERE id = ?1",
        &[&me, &now],
    )?;
    for sql in [
        "DELETE FROM links WHERE user_id = ?1",
        "DELETE FROM blocks WHERE user_id = ?1",
        "DELETE FROM blocks WHERE blocked_id = ?1",
        "DELETE FROM notification_mutes WHERE user_id = ?1",
        "DELETE FROM notification_mutes WHERE muted_id = ?1",
    ] {
        tx.execute(sql, &[&me])?;
    }
    end_admin_rights(tx, now, me)?;
    digest::stop(tx, me)?;
    outbox::drop_of_user(tx, JobKind::Preview, me)?;
    outbox::drop_of_user(tx, JobKind::Digest, me)?;
    outbox::drop_of_user(tx, JobKind::NewEmail, me)?;
    outbox::drop_of_user(tx, JobKind::Export, me)?;
    scheduled::remove(tx, me)?;
    if erase {
        report::forget_texts(tx, me)?;
        tx.execute("INSERT INTO meta (key, value) VALUES (?1, '0')", &[&progress_key(me)])?;
    }
    let picture = picture.as_deref().and_then(file::picture_hash).map(str::to_owned);
    let hashes: Vec<String> = picture.into_iter().chain(export::remove(tx, me)?).collect();
    left.unneeded.extend(file::unreferenced(tx, &hashes)?);
    Ok(left)
}

/// Begins the deletion of one's own account, before the memberships end: an admin gives up their rights. Of the last two admins who
/// do that at the same moment, one keeps everything.
///
/// # Errors
/// `forbidden` for the only admin.
pub fn begin_own_deletion(tx: &mut Tx, now: i64, me: UserId) -> Result<()> {
    if !is_admin(tx, me)? {
        return Ok(());
    }
    lock_admins(tx)?;
    let others = "SELECT COUNT(*) FROM users WHERE is_admin = 1 AND id <> ?1 AND deleted_at IS NULL";
    if tx.query_one(others, &[&me], |row| row.get::<u64>(0))? == 0 {
        return Err(
            Error::new(Code::Forbidden).with_message("you are the only admin: make somebody else an admin first")
        );
    }
    end_admin_rights(tx, now, me)?;
    tx.execute("UPDATE users SET is_admin = 0 WHERE id = ?1", &[&me])?;
    audit::append(tx, now, Some(me), AuditAction::AccountDeleted, None, me)
}

/// Suspends a user who is to be deleted, before their memberships end: of two admins who delete each other at the same time, one keeps
/// everything.
///
/// # Errors
/// `forbidden` unless an admin; `invalid` with the field `userId` for oneself; `not_found` for a deleted user.
pub fn begin_deletion(tx: &mut Tx, now: i64, me: UserId, user_id: UserId) -> Result<()> {
    lock_admins(tx)?;
    admin::get(tx, Some(me), user_id)?;
    if me == user_id {
        return Err(Error::invalid("userId", "delete your own account on its page"));
    }
    match is_suspended_for_good(tx, user_id)? {
        true => Ok(()),
        false => suspend(tx, now, Some(me), user_id, None, None),
    }
}

/// Deletes another user, as [`leave`]. `by` is the admin, `None` for a command.
///
/// # Errors
/// `forbidden` unless an admin; `not_found` for a deleted user.
pub fn delete_by(tx: &mut Tx, now: i64, by: Option<UserId>, user_id: UserId, erase: bool) -> Result<Leftovers> {
    require_admin(tx, by)?;
    audit::append(tx, now, by, AuditAction::AccountDeleted, None, user_id)?;
    leave(tx, now, user_id, erase)
}

/// Ends one membership of a user for good. The other user of a direct room keeps it, read-only. `line` is whether to post
/// a system message in an open room.
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub fn leave_room(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, line: bool) -> Result<()> {
    let room = room::get(tx, Some(me), room_id)?;
    if room.kind == RoomKind::Open {
        return member::leave(tx, now, me, room_id, line).map(drop);
    }
    tx.execute("DELETE FROM members WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &me])?;
    tx.execute("UPDATE rooms SET member_count = member_count - 1 WHERE id = ?1", &[&room_id])?;
    if room.member_count <= 1 {
        return room::delete(tx, now, room_id);
    }
    tx.publish(Fact::Left { room_id, user_id: me, rev: room.rev + 1, why: Leaving::Exit });
    room::publish_changed(tx, room_id)?;
    Ok(())
}

/// Returns a deleted user whose messages are still to be deleted, and the number reached.
///
/// # Errors
/// Only those of the store.
pub fn find_erasing(tx: &mut Tx) -> Result<Option<(UserId, i64)>> {
    let sql = "SELECT key, value FROM meta WHERE key >= 'erase ' AND key < 'erase!' ORDER BY key LIMIT 1";
    let found: Option<(String, String)> = tx.query_opt(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.and_then(|(key, after)| Some((key.strip_prefix("erase ")?.parse().ok()?, after.parse().ok()?))))
}

/// Returns the next messages of a user, at most 50, and the number up to which these are all; `None` after the last.
///
/// It reads the messages of everybody in the order of their numbers. An index by sender would make every send slower.
///
/// # Errors
/// Only those of the store.
pub fn said_after(tx: &mut Tx, gone: UserId, after: i64) -> Result<Option<(Vec<i64>, i64)>> {
    let newest: Option<i64> = tx.query_one("SELECT MAX(number) FROM messages", &[], |row| row.get(0))?;
    if newest.is_none_or(|newest| after >= newest) {
        return Ok(None);
    }
    let numbers = tx.query_all(
        "SELECT number FROM messages WHERE number > ?1 AND number <= ?2 AND user_id = ?3 AND kind <> 'system'
           AND (deleted_at IS NULL OR EXISTS (SELECT 1 FROM hidden_messages h WHERE h.message_number = number))
         ORDER BY number LIMIT ?4",
        &[&after, &(after + SPAN), &gone, &(CHUNK as u64)],
        |row| row.get::<i64>(0),
    )?;
    let reached = if numbers.len() < CHUNK { after + SPAN } else { numbers.last().copied().unwrap_or(after) };
    Ok(Some((numbers, reached)))
}

/// Deletes messages of a deleted user, and stores the number reached.
///
/// # Errors
/// Only those of the store.
pub fn erase(tx: &mut Tx, now: i64, gone: UserId, numbers: &[i64], reached: i64) -> Result<Erased> {
    let mut erased = Erased::default();
    for &number in numbers {
        // The messages of a removed room are deleted with it.
        let exists = "SELECT 1 FROM messages m JOIN rooms r ON r.id = m.room_id
                      WHERE m.number = ?1 AND (m.deleted_at IS NULL
                        OR EXISTS (SELECT 1 FROM hidden_messages h WHERE h.message_number = m.number))";
        if tx.query_opt(exists, &[&number], |row| row.get::<i64>(0))?.is_some() {
            let changed = message::erase(tx, now, number)?;
            erased.unneeded.extend(changed.unneeded);
            erased.rooms.push(changed.message.room_id);
        }
    }
    tx.execute("UPDATE meta SET value = ?2 WHERE key = ?1", &[&progress_key(gone), &reached.to_string()])?;
    Ok(erased)
}

/// Stores that all messages of a deleted user are deleted.
///
/// # Errors
/// Only those of the store.
pub fn erased(tx: &mut Tx, gone: UserId) -> Result<()> {
    tx.execute("DELETE FROM meta WHERE key = ?1", &[&progress_key(gone)])?;
    Ok(())
}

/// Returns the key under which the progress of [`erase`] is stored.
fn progress_key(gone: UserId) -> String {
    format!("erase {gone}")
}
