//! The users of the server, and what admins do with them.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chat::account::{demote, is_admin, lock_admins, make_admin, require_admin, restore, suspend};
use crate::chat::kinds::AuditAction;
use crate::chat::user::{self, User};
use crate::chat::{Limits, Tx, audit, like, session};
use crate::clock::rfc3339;
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::text;

/// Characters of a search.
const Q_MAX: usize = 100;

/// A user as admins see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(flatten)]
    pub user: User,
    /// Null for guests, and for users that another server has brought.
    pub email: Option<String>,
    pub is_admin: bool,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// When they were last connected.
    pub seen_at: Option<String>,
    pub suspended_at: Option<String>,
    /// When the suspension ends by itself; null where it does not.
    pub suspended_until: Option<String>,
    pub suspended_reason: Option<String>,
    /// Bytes of their files.
    pub stored_bytes: u64,
    /// Whether it is the user of a webhook. Only the page shows it.
    #[serde(skip)]
    pub is_hook: bool,
}

/// A page of users, and the last of it if there is more.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub people: Vec<Person>,
    pub next: Option<UserId>,
}

/// The users that a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Show {
    #[default]
    All,
    Accounts,
    Guests,
    Admins,
    Suspended,
}

impl Show {
    pub const ALL: [Self; 5] = [Self::All, Self::Accounts, Self::Guests, Self::Admins, Self::Suspended];

    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Accounts => "accounts",
            Self::Guests => "guests",
            Self::Admins => "admins",
            Self::Suspended => "suspended",
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Self::All => "1 = 1",
            Self::Accounts => "u.kind <> 'guest'",
            Self::Guests => "u.kind = 'guest'",
            Self::Admins => "u.is_admin = 1",
            Self::Suspended => "u.suspended_at IS NOT NULL",
        }
    }
}

/// What an admin does with a user. Deletion takes several transactions and is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// For some hours, or for good. The user reads the reason at the log-in.
    Suspend {
        hours: Option<u32>,
        reason: Option<String>,
    },
    Restore,
    EndSessions,
    MakeAdmin,
    RemoveAdmin,
}

fn select() -> String {
    let user = user::columns("u");
    format!(
        "SELECT {user}, u.email, u.is_admin, u.created_at, u.seen_at, u.suspended_at, u.suspended_until,
           u.suspended_reason, (SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) FROM files f WHERE f.user_id = u.id),
           CASE WHEN u.kind = 'bot' AND NOT EXISTS (SELECT 1 FROM bots b WHERE b.user_id = u.id) THEN 1 ELSE 0 END
         FROM users u"
    )
}

fn read(row: &Row<'_>) -> Result<Person, Fault> {
    let mut c = row.columns();
    Ok(Person {
        user: user::read_some(&mut c)?,
        email: c.next()?,
        is_admin: c.next()?,
        created_at: rfc3339(c.next()?),
        seen_at: c.next::<Option<i64>>()?.map(rfc3339),
        suspended_at: c.next::<Option<i64>>()?.map(rfc3339),
        suspended_until: c.next::<Option<i64>>()?.map(rfc3339),
        suspended_reason: c.next()?,
        stored_bytes: c.next()?,
        is_hook: c.next()?,
    })
}

/// Returns a page of users, the newest first, whose name or e-mail address contains `q`.
///
/// # Errors
/// `forbidden` unless an admin; `invalid` with the field `limit`, `too_long` with the field `q`.
pub fn people(
    tx: &mut Tx,
    limits: &Limits,
    me: Option<UserId>,
    q: &str,
    show: Show,
    after: Option<UserId>,
    limit: u32,
) -> Result<People> {
    require_admin(tx, me)?;
    let limit = limits.page(limit)?;
    if q.chars().count() > Q_MAX {
        return Err(Error::too_long("q", Q_MAX));
    }
    let sql = format!(
        "{} WHERE u.id < ?1 AND u.deleted_at IS NULL AND {}
           AND (u.name_folded LIKE ?2 ESCAPE '\\' OR u.name_initials LIKE ?2 ESCAPE '\\'
             OR (u.email_folded IS NOT NULL AND u.email_folded LIKE ?2 ESCAPE '\\'))
         ORDER BY u.id DESC LIMIT ?3",
        select(),
        show.condition(),
    );
    let after = after.unwrap_or(UserId::from_u128(u128::MAX));
    let mut people = tx.query_all(&sql, &[&after, &like::containing(q), &(u64::from(limit) + 1)], read)?;
    let has_more = people.len() > limit as usize;
    people.truncate(limit as usize);
    let next = people.last().filter(|_| has_more).map(|person| person.user.id);
    Ok(People { people, next })
}

/// Returns a user as admins see them.
///
/// # Errors
/// `forbidden` unless an admin; `not_found`.
pub fn get(tx: &mut Tx, me: Option<UserId>, user_id: UserId) -> Result<Person> {
    static GET: LazyLock<String> = LazyLock::new(|| select() + " WHERE u.id = ?1 AND u.deleted_at IS NULL");
    require_admin(tx, me)?;
    tx.query_opt(&GET, &[&user_id], read)?.ok_or(Code::NotFound.into())
}

/// Does something with another user.
///
/// # Errors
/// `forbidden` unless an admin; `invalid` with the field `hours`, or `userId` for oneself, so that one admin is always left;
/// `too_long` with the field `reason`; `not_found`, also where nothing changes.
pub fn act(tx: &mut Tx, limits: &Limits, now: i64, me: Option<UserId>, user_id: UserId, act: Act) -> Result<()> {
    if matches!(act, Act::Suspend { .. } | Act::RemoveAdmin) {
        lock_admins(tx)?;
    }
    require_admin(tx, me)?;
    if me == Some(user_id) && act != Act::EndSessions {
        return Err(Error::invalid("userId", "ask another admin to do that with your own account"));
    }
    match act {
        Act::Suspend { hours, reason } => {
            let reason = text::reason(reason.as_deref(), limits.reason_max)?;
            suspend(tx, now, me, user_id, hours, reason.as_deref())
        }
        Act::Restore => restore(tx, now, me, user_id),
        Act::EndSessions => {
            get(tx, None, user_id)?;
            audit::append(tx, now, me, AuditAction::SessionsEnded, None, user_id)?;
            session::close_all(tx, user_id, None)
        }
        Act::MakeAdmin if is_admin(tx, user_id)? => Err(Code::NotFound.into()),
        Act::MakeAdmin => make_admin(tx, now, me, user_id),
        Act::RemoveAdmin if demote(tx, now, me, user_id)? => Ok(()),
        Act::RemoveAdmin => Err(Code::NotFound.into()),
    }
}
