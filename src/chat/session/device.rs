//! The devices on which a user is signed in, and the check of the sessions of open sockets.

use std::net::IpAddr;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;

use super::{SessionId, close, is_stale, lifetime};
use crate::chat::Tx;
use crate::chat::in_list::{self, KEYS};
use crate::chat::kinds::UserKind;
use crate::clock::rfc3339;
use crate::error::{Code, Result};
use crate::ids::UserId;

/// The most sessions that a user is shown.
const SHOWN: u32 = 100;

/// A browser or program that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The public id of the session.
    pub id: String,
    /// What the browser or program calls itself.
    pub agent: Option<String>,
    /// The address from which it signed in.
    pub ip: Option<String>,
    /// RFC 3339 UTC with milliseconds.
    pub created_at: String,
    /// When it was last in use, to the hour.
    pub seen_at: String,
    /// Whether it is the session of the request.
    pub current: bool,
}

/// Returns the sessions of a user, at most 100, the last used first.
///
/// # Errors
/// Only those of the store.
pub fn devices(tx: &mut Tx, now: i64, me: UserId, current: Option<SessionId>) -> Result<Vec<Device>> {
    let sql = "SELECT s.token_hash, s.agent, s.ip, s.created_at, s.seen_at, u.kind
               FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = ?1
               ORDER BY s.seen_at DESC, s.created_at DESC LIMIT ?2";
    let all = tx.query_all(sql, &[&me, &SHOWN], |row| {
        let mut c = row.columns();
        let id = SessionId(c.next()?);
        let (agent, ip, created_at) = (c.next()?, c.next()?, rfc3339(c.next()?));
        let (seen_at, kind) = (c.next::<i64>()?, c.next::<UserKind>()?);
        let (current, is_open) = (Some(id) == current, now - seen_at < lifetime(kind));
        Ok((Device { id: id.handle(), agent, ip, created_at, seen_at: rfc3339(seen_at), current }, is_open))
    })?;
    Ok(all.into_iter().filter(|(_, is_open)| *is_open).map(|(device, _)| device).collect())
}

/// Returns whether one of a user's sessions was opened from the network of this address.
///
/// # Errors
/// Only those of the database.
pub fn has_come_from(tx: &mut Tx, user_id: UserId, address: IpAddr) -> Result<bool> {
    let sql = "SELECT ip FROM sessions WHERE user_id = ?1 AND ip IS NOT NULL ORDER BY seen_at DESC LIMIT ?2";
    let known: Vec<String> = tx.query_all(sql, &[&user_id, &SHOWN], |row| row.get(0))?;
    let network = socketio::network(address);
    Ok(known.iter().filter_map(|ip| ip.parse().ok()).any(|ip| socketio::network(ip) == network))
}

/// Ends a session of a user, by its public id.
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

/// Returns those of the sessions of open sockets that have ended, and those whose use is to be stored.
///
/// # Errors
/// Only those of the store.
pub fn check(tx: &mut Tx, now: i64, open: &[SessionId]) -> Result<(Vec<SessionId>, Vec<SessionId>)> {
    static FIND: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT s.token_hash, s.seen_at, u.kind FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.token_hash IN {KEYS}"
        )
    });
    let keys: Vec<[u8; 32]> = open.iter().map(|id| id.0).collect();
    let found = in_list::in_chunks(&[], &keys, |params| {
        tx.query_all(&FIND, params, |row| {
            let mut c = row.columns();
            Ok((SessionId(c.next()?), c.next::<i64>()?, c.next::<UserKind>()?))
        })
    })?;
    let lives = |(_, seen_at, kind): &&(SessionId, i64, UserKind)| now - seen_at < lifetime(*kind);
    let live: std::collections::HashMap<SessionId, i64> =
        found.iter().filter(lives).map(|(id, seen_at, _)| (*id, *seen_at)).collect();
    let ended = open.iter().copied().filter(|id| !live.contains_key(id)).collect();
    let stale = live.into_iter().filter(|&(_, seen_at)| is_stale(now, seen_at)).map(|(id, _)| id).collect();
    Ok((ended, stale))
}
