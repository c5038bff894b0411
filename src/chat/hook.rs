//! Incoming webhooks: an address with a secret, by which a program posts into one room under a name of its own. The
//! owner and the moderators manage them; a hook ends when its maker loses that right, as an invite does.

use std::sync::LazyLock;

use super::kinds::{AuditAction, JobKind, UserKind};
use super::member::membership::require_moderator;
use super::message::{self, Message, Post};
use super::session::Token;
use super::user::{self, User};
use super::{Limits, Tx, audit, outbox};
use crate::db::{Fault, Row};
use crate::error::{Code, Result};
use crate::ids::{HookId, RoomId, UserId};

/// The most hooks of one room.
const MOST: u64 = 20;
/// How often the last use is stored.
const USE_MS: i64 = 60_000;

/// A hook, for the owner and the moderators. Its secret is shown once.
#[derive(Clone, Debug)]
pub struct Hook {
    pub id: HookId,
    /// The bot that its messages are by.
    pub user: User,
    /// Who has made it; `None` once their account is deleted.
    pub by: Option<User>,
    /// Milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When it was last used, to a minute.
    pub used_at: Option<i64>,
}

/// `SELECT` with the columns that [`read`] takes. The caller adds the `WHERE`.
fn select() -> String {
    let (bot, by) = (user::columns("u"), user::columns("b"));
    format!(
        "SELECT h.id, h.created_at, h.used_at, {bot}, {by} FROM hooks h
           JOIN users u ON u.id = h.user_id LEFT JOIN users b ON b.id = h.by_user_id"
    )
}

fn read(row: &Row<'_>) -> Result<Hook, Fault> {
    let mut c = row.columns();
    let (id, created_at, used_at) = (c.next()?, c.next()?, c.next()?);
    Ok(Hook { id, created_at, used_at, user: user::read_some(&mut c)?, by: user::read(&mut c)? })
}

/// Creates a hook and returns it with its secret.
///
/// # Errors
/// `invalid` or `too_long` with the field `name`; `room_not_found`, `gone`, `not_a_member`, `forbidden`; `too_many` when
/// the room has twenty.
pub fn create(
    tx: &mut Tx,
    limits: &Limits,
    now: i64,
    me: UserId,
    room_id: RoomId,
    name: &str,
) -> Result<(Hook, Token)> {
    require_moderator(tx, me, room_id)?;
    let count = "SELECT COUNT(*) FROM hooks WHERE room_id = ?1 AND revoked_at IS NULL AND url IS NULL";
    if tx.query_one(count, &[&room_id], |row| row.get::<u64>(0))? >= MOST {
        return Err(Code::TooMany.into());
    }
    user::check_name(tx, limits, None, name)?;
    let bot = user::make(tx, limits, now, UserKind::Bot, name)?;
    // Nobody would answer.
    tx.execute("UPDATE users SET direct_from = 'nobody', is_listed = 0 WHERE id = ?1", &[&bot.id])?;
    let (id, secret) = (HookId::new(now), Token::new());
    tx.execute(
        "INSERT INTO hooks (id, room_id, user_id, by_user_id, secret_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&id, &room_id, &bot.id, &me, &secret.hash(), &now],
    )?;
    audit::append(tx, now, Some(me), AuditAction::IncomingHookCreated, Some(room_id), bot.id)?;
    Ok((get(tx, room_id, id)?, secret))
}

/// Returns a hook of a room. The caller has checked who asks.
///
/// # Errors
/// `not_found` for a hook of another room or none.
pub fn get(tx: &mut Tx, room_id: RoomId, id: HookId) -> Result<Hook> {
    static GET: LazyLock<String> =
        LazyLock::new(|| select() + " WHERE h.id = ?1 AND h.room_id = ?2 AND h.revoked_at IS NULL AND h.url IS NULL");
    tx.query_opt(&GET, &[&id, &room_id], read)?.ok_or(Code::NotFound.into())
}

/// Returns the hooks of a room, the oldest first; at most twenty.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`.
pub fn list(tx: &mut Tx, me: UserId, room_id: RoomId) -> Result<Vec<Hook>> {
    require_moderator(tx, me, room_id)?;
    static LIST: LazyLock<String> = LazyLock::new(|| {
        select()
            + " WHERE h.room_id = ?1 AND h.revoked_at IS NULL AND h.url IS NULL ORDER BY h.created_at, h.id LIMIT ?2"
    });
    Ok(tx.query_all(&LIST, &[&room_id, &MOST], read)?)
}

/// Checks that a user may change a hook, and returns its bot.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found` for a hook of another room or none.
pub fn bot_of(tx: &mut Tx, me: UserId, room_id: RoomId, id: HookId) -> Result<UserId> {
    require_moderator(tx, me, room_id)?;
    Ok(get(tx, room_id, id)?.user.id)
}

/// Renames a hook; its earlier messages have the new name, too.
///
/// # Errors
/// As [`bot_of`]; `invalid` or `too_long` with the field `name`.
pub fn rename(tx: &mut Tx, limits: &Limits, me: UserId, room_id: RoomId, id: HookId, name: &str) -> Result<Hook> {
    let bot = bot_of(tx, me, room_id, id)?;
    user::rename(tx, limits, bot, name)?;
    get(tx, room_id, id)
}

/// Gives a hook a new secret; the old one is void at once. The hook is now that of `me`, who alone knows the secret.
///
/// # Errors
/// As [`bot_of`].
pub fn rotate(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, id: HookId) -> Result<(Hook, Token)> {
    let bot = bot_of(tx, me, room_id, id)?;
    let secret = Token::new();
    let sql = "UPDATE hooks SET secret_hash = ?2, by_user_id = ?3 WHERE id = ?1";
    tx.execute(sql, &[&id, &secret.hash(), &me])?;
    audit::append(tx, now, Some(me), AuditAction::IncomingHookRotated, Some(room_id), bot)?;
    Ok((get(tx, room_id, id)?, secret))
}

/// Revokes a hook. Its messages stay.
///
/// # Errors
/// As [`bot_of`].
pub fn revoke(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, id: HookId) -> Result<()> {
    let bot = bot_of(tx, me, room_id, id)?;
    tx.execute("UPDATE hooks SET revoked_at = ?2 WHERE id = ?1", &[&id, &now])?;
    audit::append(tx, now, Some(me), AuditAction::IncomingHookRevoked, Some(room_id), bot)
}

/// Revokes the hooks of a user who may not create any more.
pub(super) fn revoke_all_of(tx: &mut Tx, now: i64, room_id: RoomId, by: UserId) -> Result<()> {
    let sql = "UPDATE hooks SET revoked_at = ?3 WHERE room_id = ?1 AND by_user_id = ?2 AND revoked_at IS NULL";
    tx.execute(sql, &[&room_id, &by, &now])?;
    Ok(())
}

/// Deletes the hooks of a room that is removed, and their bots.
pub(super) fn delete_of_room(tx: &mut Tx, now: i64, room_id: RoomId) -> Result<()> {
    let bots = "UPDATE users SET name = '', name_folded = '', name_initials = '', picture = NULL, deleted_at = ?2
                WHERE id IN (SELECT user_id FROM hooks WHERE room_id = ?1)";
    tx.execute(bots, &[&room_id, &now])?;
    let hooks = "SELECT id FROM hooks WHERE room_id = ?1";
    for id in tx.query_all(hooks, &[&room_id], |row| row.get::<HookId>(0))? {
        outbox::drop_target(tx, JobKind::Hook, id)?;
        tx.execute("DELETE FROM deliveries WHERE hook_id = ?1", &[&id])?;
    }
    tx.execute("DELETE FROM hooks WHERE room_id = ?1", &[&room_id])?;
    Ok(())
}

/// Returns the hook of a secret, its room and its bot.
///
/// # Errors
/// `not_found` for any other secret.
pub fn find(tx: &mut Tx, secret: &Token) -> Result<(HookId, RoomId, UserId)> {
    let sql = "SELECT id, room_id, user_id FROM hooks WHERE secret_hash = ?1 AND secret_hash IS NOT NULL AND revoked_at IS NULL AND url IS NULL";
    let found = tx.query_opt(sql, &[&secret.hash()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    found.ok_or(Code::NotFound.into())
}

/// Posts a text by a hook into its room; a silent one notifies nobody. A text that is too long is cut.
///
/// # Errors
/// `not_found`; `invalid` with the field `text` for one that is empty; `room_closed`; `muted` and `read_only` where its maker may not
/// write; `too_new`, `filtered`.
pub fn post(tx: &mut Tx, limits: &Limits, now: i64, secret: &Token, text: &str, silent: bool) -> Result<Message> {
    let (id, room_id, _) = find(tx, secret)?;
    let hook = get(tx, room_id, id)?;
    if hook.used_at.is_none_or(|used_at| now - used_at >= USE_MS || used_at > now) {
        tx.execute("UPDATE hooks SET used_at = ?2 WHERE id = ?1", &[&id, &now])?;
    }
    let maker = hook.by.map(|by| by.id);
    message::post(tx, limits, now, Post { user: hook.user, room_id, to: None, text, reply_to: None, silent, maker })
}
