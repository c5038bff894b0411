//! Bans: users who cannot join a room.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;

use super::require_moderator;
use crate::chat::kinds::AuditAction;
use crate::chat::user::{self, User};
use crate::chat::{Limits, Tx, audit};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{RoomId, UserId};

/// A ban of a user from a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ban {
    /// Null once the account is deleted.
    pub user: Option<User>,
    pub by: Option<User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// When it ends by itself; null where it does not.
    pub ends_at: Option<String>,
}

/// What a banned user is told of their ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBan {
    pub reason: Option<String>,
    /// Milliseconds since 1970 UTC; `None` where it does not end by itself.
    pub ends_at: Option<i64>,
}

/// A page of bans, and the user to go on behind if there is more.
#[derive(Clone, Debug)]
pub struct Bans {
    pub bans: Vec<Ban>,
    pub next: Option<UserId>,
}

/// Reads a ban and whom it keeps out.
fn read(row: &Row<'_>) -> Result<(Ban, UserId), Fault> {
    let mut c = row.columns();
    let user_id = c.next()?;
    let ban = Ban {
        user: user::read(&mut c)?,
        by: user::read(&mut c)?,
        reason: c.next()?,
        created_at: rfc3339(c.next()?),
        ends_at: c.next::<Option<i64>>()?.map(rfc3339),
    };
    Ok((ban, user_id))
}

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let (user, by) = (user::columns("u"), user::columns("y"));
    format!(
        "SELECT b.user_id, {user}, {by}, b.reason, b.created_at, b.ends_at
         FROM bans b LEFT JOIN users u ON u.id = b.user_id LEFT JOIN users y ON y.id = b.by_user_id
         WHERE b.room_id = ?1 AND b.created_at <= ?2 AND (b.created_at < ?2 OR b.user_id < ?3)
         ORDER BY b.created_at DESC, b.user_id DESC LIMIT ?4"
    )
});

/// Returns a page of bans, the latest first, for the owner and the moderators.
///
/// # Errors
/// `invalid` with the field `limit` or `after`; `room_not_found`, `gone`, `not_a_member`,
/// `forbidden`.
pub fn bans(
    tx: &mut Tx,
    limits: &Limits,
    me: UserId,
    room_id: RoomId,
    after: Option<UserId>,
    limit: u32,
) -> Result<Bans> {
    let limit = limits.page(limit)?;
    require_moderator(tx, me, room_id)?;
    let created_at = match after {
        Some(after) => find(tx, room_id, after)?.ok_or(Error::invalid("after", "after must be the next of a page"))?,
        None => i64::MAX,
    };
    let after = after.unwrap_or(UserId::from_u128(0));
    let mut found = tx.query_all(&PAGE, &[&room_id, &created_at, &after, &(u64::from(limit) + 1)], read)?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| has_more).map(|(_, user_id)| *user_id);
    Ok(Bans { bans: found.into_iter().map(|(ban, _)| ban).collect(), next })
}

/// Returns the ban of a user from a room, if there is one.
///
/// # Errors
/// Only those of the store.
pub fn own_ban(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId) -> Result<Option<OwnBan>> {
    let sql =
        "SELECT reason, ends_at FROM bans WHERE room_id = ?1 AND user_id = ?2 AND (ends_at IS NULL OR ends_at > ?3)";
    Ok(tx.query_opt(sql, &[&room_id, &me, &now], |row| Ok(OwnBan { reason: row.get(0)?, ends_at: row.get(1)? }))?)
}

/// Removes a ban. It does not make the user a member again.
///
/// # Errors
/// `room_not_found`, `gone`, `not_a_member`, `forbidden`; `not_found` with the field `userId` for a user who
/// is not banned.
pub fn lift_ban(tx: &mut Tx, now: i64, me: UserId, room_id: RoomId, user_id: UserId) -> Result<()> {
    require_moderator(tx, me, room_id)?;
    if tx.execute("DELETE FROM bans WHERE room_id = ?1 AND user_id = ?2", &[&room_id, &user_id])? == 0 {
        return Err(Error::new(Code::NotFound).with_field("userId"));
    }
    audit::append(tx, now, Some(me), AuditAction::MemberUnbanned, Some(room_id), user_id)
}

fn find(tx: &mut Tx, room_id: RoomId, user_id: UserId) -> Result<Option<i64>> {
    let sql = "SELECT created_at FROM bans WHERE room_id = ?1 AND user_id = ?2";
    Ok(tx.query_opt(sql, &[&room_id, &user_id], |row| row.get(0))?)
}
