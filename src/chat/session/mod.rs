//! Sessions: browsers and programs that are signed in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Tx;
use super::user::{self, User, UserKind, user_columns};
use crate::error::Result;
use crate::ids::UserId;

mod device;

pub use device::{Device, check, close_device, devices};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const AGENT_MAX: usize = 200;

/// The secret that a client shows: 32 random bytes, 43 characters as text. The store keeps its
/// hash alone, so whoever reads the store cannot sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

/// The text was not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAToken;

impl Token {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 32];
        // The operating system's random source does not fail after boot; without it no token is safe.
        getrandom::fill(&mut bytes).expect("the system's random source");
        Self(bytes)
    }

    /// The token as text, to hand to its owner and nobody else.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store keeps of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The session it opens.
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

/// What the store and the live layer know a session by: the SHA-256 of its token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// What its person knows it by: half of the hash, which opens nothing.
    pub fn handle(&self) -> String {
        self.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// A session that has not ended, with its person as they are now.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub user: User,
    pub seen_at: i64,
}

impl Session {
    /// Whether it is time to [`touch`]: use is noted at most once an hour, so that reading costs no
    /// writes.
    pub fn is_stale(&self, now: i64) -> bool {
        now - self.seen_at >= HOUR
    }

    fn has_ended(&self, now: i64) -> bool {
        now - self.seen_at >= lifetime(self.user.kind)
    }
}

/// How long a session lives unused. A guest's cannot be opened again with a password, so it is
/// kept longer.
fn lifetime(kind: UserKind) -> i64 {
    match kind {
        UserKind::Guest => 365 * DAY,
        UserKind::Account | UserKind::Bot => 90 * DAY,
    }
}

/// Opens a session and hands out its token, which is nowhere else.
///
/// # Errors
/// Only those of the store.
pub fn open(tx: &mut Tx, now: i64, user_id: UserId, agent: Option<&str>, ip: Option<IpAddr>) -> Result<Token> {
    let token = Token::new();
    let agent = agent.map(|agent| agent.chars().take(AGENT_MAX).collect::<String>());
    let ip = ip.map(|ip| ip.to_string());
    tx.execute(
        "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, agent, ip) VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        &[&token.session_id().0, &user_id, &now, &agent, &ip],
    )?;
    Ok(token)
}

/// The session of a token, unless it was closed or has ended.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, now: i64, token: &Token) -> Result<Option<Session>> {
    find_by_id(tx, now, token.session_id())
}

/// Like [`find`], for who keeps no token: an open socket that is checked again.
///
/// # Errors
/// Only those of the store.
pub fn find_by_id(tx: &mut Tx, now: i64, id: SessionId) -> Result<Option<Session>> {
    let sql = concat!(
        "SELECT s.seen_at, ",
        user_columns!("u"),
        " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ?1"
    );
    let session =
        tx.query_opt(sql, &[&id.0], |row| Ok(Session { id, seen_at: row.get(0)?, user: user::read_some(row, 1)? }))?;
    Ok(session.filter(|session| !session.has_ended(now)))
}

/// Notes that a session is in use; within an hour of the last note it writes nothing.
///
/// # Errors
/// Only those of the store.
pub fn touch(tx: &mut Tx, now: i64, id: SessionId) -> Result<()> {
    tx.execute(
        "UPDATE sessions SET seen_at = ?2 WHERE token_hash = ?1 AND seen_at <= ?3",
        &[&id.0, &now, &(now - HOUR)],
    )?;
    Ok(())
}

/// Ends a session; whether there was one.
///
/// # Errors
/// Only those of the store.
pub fn close(tx: &mut Tx, id: SessionId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM sessions WHERE token_hash = ?1", &[&id.0])? > 0)
}

/// Ends all sessions of a person, but the one that is kept; returns those that ended.
///
/// # Errors
/// Only those of the store.
pub fn close_all(tx: &mut Tx, user_id: UserId, keep: Option<SessionId>) -> Result<Vec<SessionId>> {
    // No session has an empty hash.
    let keep = keep.map_or([0; 32], |kept| kept.0);
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND token_hash <> ?2 RETURNING token_hash";
    Ok(tx.query_all(sql, &[&user_id, &keep], |row| Ok(SessionId(row.get(0)?)))?)
}

/// Deletes sessions that have ended, and returns how many.
///
/// # Errors
/// Only those of the store.
pub fn sweep(tx: &mut Tx, now: i64) -> Result<usize> {
    let (ended, guests_ended) = (now - lifetime(UserKind::Account), now - lifetime(UserKind::Guest));
    Ok(tx.execute(
        "DELETE FROM sessions WHERE seen_at <= ?1
         AND (seen_at <= ?2 OR user_id IN (SELECT id FROM users WHERE kind <> 'guest'))",
        &[&ended, &guests_ended],
    )?)
}

#[cfg(test)]
mod tests;
