//! Sessions: browsers and programs that are signed in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bot_right::BotRights;
use super::kinds::{BotRight, LinkKind, UserKind};
use super::suspension::check_not_suspended;
use super::user::{self, User};
use super::{Fact, Limits, Tx};
use crate::db::{Column, Param, Value};
use crate::error::Result;
use crate::hex::hex;
use crate::ids::UserId;

mod device;

pub use device::{Device, check, close_device, devices, has_come_from};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const AGENT_MAX: usize = 200;

/// The secret of a client: 32 random bytes, 43 characters as text. Only its hash is stored, so the store is of no
/// use to sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

/// The text was not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAToken;

impl Token {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 32];
        // The system's random source does not fail after boot.
        getrandom::fill(&mut bytes).expect("the system's random source");
        Self(bytes)
    }

    /// Returns the token as text, for its owner only.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the hash that is stored.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Returns the id of its session.
    pub fn session_id(&self) -> SessionId {
        SessionId(self.hash())
    }
}

impl FromStr for Token {
    type Err = NotAToken;
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAToken)?;
        bytes.try_into().map(Self).map_err(|_| NotAToken)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The id of a session: the SHA-256 of its token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// Returns the public id of the session: half of the hash, which cannot be used to sign in.
    pub fn handle(&self) -> String {
        hex(&self.0[..16])
    }
}

impl Param for SessionId {
    fn value(&self) -> Value<'_> {
        self.0.value()
    }
}

impl Column for SessionId {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Column::from_value(value).map(Self)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// A session that has not ended, with its user.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub user: User,
    pub seen_at: i64,
    /// What the user may do, if it is a bot.
    pub bot: Option<BotRights>,
}

impl Session {
    /// Returns whether to [`touch`] the session. Its use is stored at most once an hour, to save writes.
    pub fn is_stale(&self, now: i64) -> bool {
        is_stale(now, self.seen_at)
    }

    /// Checks that the user may do what a right of bots allows; people always may. `None` is for what no bot may do.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_right(&self, right: Option<BotRight>) -> Result<()> {
        self.bot.map_or(Ok(()), |rights| rights.require(right))
    }

    fn has_ended(&self, now: i64) -> bool {
        now - self.seen_at >= lifetime(self.user.kind)
    }
}

/// Returns whether the last use was stored an hour ago, or in the future by a clock that was ahead.
fn is_stale(now: i64, seen_at: i64) -> bool {
    now - seen_at >= HOUR || seen_at - now >= HOUR
}

/// Returns how long an unused session lives. A guest cannot sign in again, so theirs lives longer.
fn lifetime(kind: UserKind) -> i64 {
    match kind {
        UserKind::Guest => 365 * DAY,
        UserKind::Account | UserKind::Bot => 90 * DAY,
    }
}

/// The most sessions of one user. The one that was not used for longest makes room for a new one.
const SESSIONS_MAX: u32 = 50;

/// Opens a session, for which the oldest may end. Returns its token, which is stored only as a hash.
///
/// # Errors
/// `suspended`.
pub fn open(tx: &mut Tx, now: i64, user_id: UserId, agent: Option<&str>, ip: Option<IpAddr>) -> Result<Token> {
    check_not_suspended(tx, now, user_id)?;
    let oldest = "SELECT token_hash FROM sessions WHERE user_id = ?1 ORDER BY seen_at DESC LIMIT 100 OFFSET ?2";
    let surplus = tx.query_all(oldest, &[&user_id, &(SESSIONS_MAX - 1)], |row| Ok(SessionId(row.get(0)?)))?;
    for id in surplus {
        close(tx, id)?;
    }
    let token = Token::new();
    let agent = agent.map(|agent| agent.chars().take(AGENT_MAX).collect::<String>());
    let ip = ip.map(|ip| ip.to_string());
    tx.execute(
        "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, agent, ip) VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        &[&token.session_id().0, &user_id, &now, &agent, &ip],
    )?;
    Ok(token)
}

/// Returns the session of a token, unless it was closed or has ended.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, now: i64, token: &Token) -> Result<Option<Session>> {
    find_by_id(tx, now, token.session_id())
}

/// Like [`find`], by the id of the session.
///
/// # Errors
/// Only those of the store.
pub fn find_by_id(tx: &mut Tx, now: i64, id: SessionId) -> Result<Option<Session>> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        let user = user::columns("u");
        format!(
            "SELECT {user}, s.seen_at, b.rights FROM sessions s JOIN users u ON u.id = s.user_id
               LEFT JOIN bots b ON b.user_id = s.user_id
             WHERE s.token_hash = ?1"
        )
    });
    let session = tx.query_opt(&FIND, &[&id.0], |row| {
        let mut c = row.columns();
        let (user, seen_at, rights) = (user::read_some(&mut c)?, c.next()?, c.next::<Option<String>>()?);
        let bot = (user.kind == UserKind::Bot).then(|| BotRights::parse(rights.as_deref().unwrap_or_default()));
        Ok(Session { id, user, seen_at, bot })
    })?;
    Ok(session.filter(|session| !session.has_ended(now)))
}

/// Stores that a session is in use, at most once an hour.
///
/// # Errors
/// Only those of the store.
pub fn touch(tx: &mut Tx, now: i64, id: SessionId) -> Result<()> {
    tx.execute(
        "UPDATE sessions SET seen_at = ?2 WHERE token_hash = ?1 AND (seen_at <= ?3 OR seen_at >= ?4)",
        &[&id.0, &now, &(now - HOUR), &(now + HOUR)],
    )?;
    Ok(())
}

/// Ends a session and returns whether there was one.
///
/// # Errors
/// Only those of the store.
pub fn close(tx: &mut Tx, id: SessionId) -> Result<bool> {
    let sql = "DELETE FROM sessions WHERE token_hash = ?1 RETURNING user_id";
    let user_id = tx.query_opt(sql, &[&id.0], |row| row.get::<UserId>(0))?;
    if let Some(user_id) = user_id {
        delete_device_links(tx, user_id)?;
        tx.publish(Fact::SessionsEnded { user_id, sessions: vec![id] });
    }
    Ok(user_id.is_some())
}

/// Deletes the link to another device, which a session has made: it must not outlive the log-out.
fn delete_device_links(tx: &mut Tx, user_id: UserId) -> Result<()> {
    tx.execute("DELETE FROM links WHERE kind = ?1 AND user_id = ?2", &[&LinkKind::Device, &user_id])?;
    Ok(())
}

/// Ends all sessions of a user except `keep`, and the link to another device.
///
/// # Errors
/// Only those of the store.
pub fn close_all(tx: &mut Tx, user_id: UserId, keep: Option<SessionId>) -> Result<()> {
    // No session has an empty hash.
    let keep = keep.map_or([0; 32], |kept| kept.0);
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2 RETURNING token_hash";
    let sessions = tx.query_all(sql, &[&user_id, &keep], |row| Ok(SessionId(row.get(0)?)))?;
    delete_device_links(tx, user_id)?;
    if !sessions.is_empty() {
        tx.publish(Fact::SessionsEnded { user_id, sessions });
    }
    Ok(())
}

/// Deletes sessions that have ended, and returns how many.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, limits: &Limits, now: i64) -> Result<usize> {
    let guests_days = match limits.server.get().keep_idle_guests_days {
        0 => lifetime(UserKind::Guest),
        days => lifetime(UserKind::Guest).min(i64::from(days) * DAY),
    };
    let (ended, guests_ended) = (now - lifetime(UserKind::Account), now - guests_days);
    Ok(tx.execute(
        "DELETE FROM sessions WHERE seen_at <= ?3
         AND seen_at <= (SELECT CASE WHEN u.kind = 'guest' THEN ?2 ELSE ?1 END FROM users u WHERE u.id = user_id)",
        &[&ended, &guests_ended, &ended.max(guests_ended)],
    )?)
}

#[cfg(test)]
mod tests;
