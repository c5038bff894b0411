//! Where a person is signed in, as they see it themselves; and which of many open sessions still are.

use schemars::JsonSchema;
use serde::Serialize;

use super::{HOUR, SessionId, close, lifetime};
use crate::chat::Tx;
use crate::chat::user::UserKind;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// Sessions that one person is shown, the last used first.
const SHOWN: u32 = 100;

/// A browser or program that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Names the session and does not open it.
    pub id: String,
    /// What the browser or program calls itself.
    pub agent: Option<String>,
    /// The address from which it signed in.
    pub ip: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// When it was last in use, to the hour.
    pub seen_at: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Where somebody is signed in: at most 100 sessions, the last used first.
///
/// # Errors
/// Only those of the store.
pub fn devices(tx: &mut Tx, now: i64, me: UserId, current: SessionId) -> Result<Vec<Device>> {
    let sql = "SELECT s.token_hash, s.agent, s.ip, s.created_at, s.seen_at, u.kind
               FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = ?1
               ORDER BY s.seen_at DESC, s.created_at DESC LIMIT ?2";
    let all = tx.query_all(sql, &[&me, &SHOWN], |row| {
        let (id, seen_at) = (SessionId(row.get(0)?), row.get::<i64>(4)?);
        let device = Device {
            id: id.handle(),
            agent: row.get(1)?,
            ip: row.get(2)?,
            created_at: rfc3339(row.get(3)?),
            seen_at: rfc3339(seen_at),
            current: id == current,
        };
        Ok((device, now - seen_at < lifetime(row.get::<UserKind>(5)?)))
    })?;
    Ok(all.into_iter().filter(|(_, is_open)| *is_open).map(|(device, _)| device).collect())
}

/// Ends one of one's own sessions, by its handle.
///
/// # Errors
/// `not_found` where there is none.
pub fn close_device(tx: &mut Tx, me: UserId, handle: &str) -> Result<SessionId> {
    let sql = "SELECT token_hash FROM sessions WHERE user_id = ?1";
    let all = tx.query_all(sql, &[&me], |row| Ok(SessionId(row.get(0)?)))?;
    let id = all.into_iter().find(|id| id.handle() == handle).ok_or(Code::NotFound)?;
    close(tx, id)?;
    Ok(id)
}

/// Of the sessions that sockets are open for, those that have ended and those whose use is to be
/// noted: a socket that stays is a use.
///
/// # Errors
/// Only those of the store.
pub fn check(tx: &mut Tx, now: i64, open: &[SessionId]) -> Result<(Vec<SessionId>, Vec<SessionId>)> {
    let sql = concat!(
        "SELECT s.token_hash, s.seen_at, u.kind FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash IN ",
        crate::chat::many!(1)
    );
    let keys: Vec<[u8; 32]> = open.iter().map(|id| id.0).collect();
    let found = crate::chat::in_chunks(&[], &keys, |params| {
        tx.query_all(sql, params, |row| Ok((SessionId(row.get(0)?), row.get::<i64>(1)?, row.get::<UserKind>(2)?)))
    })?;
    let lives = |(_, seen_at, kind): &&(SessionId, i64, UserKind)| now - seen_at < lifetime(*kind);
    let live: std::collections::HashMap<SessionId, i64> =
        found.iter().filter(lives).map(|(id, seen_at, _)| (*id, *seen_at)).collect();
    let ended = open.iter().copied().filter(|id| !live.contains_key(id)).collect();
    let stale = live.into_iter().filter(|(_, seen_at)| now - seen_at >= HOUR).map(|(id, _)| id).collect();
    Ok((ended, stale))
}
