//! Push subscriptions: browsers that a push service reaches while no page is open. One ends with its session.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::session::SessionId;
use super::{Tx, notification};
use crate::db::{Fault, Row};
use crate::error::{Code, Error, Result};
use crate::ids::{PushId, UserId};

/// The most browsers of one user that are pushed to.
const SUBSCRIPTIONS_MAX: u64 = 16;
/// A browser to which so many pushes in a row failed for good is forgotten.
const FAILURES_MAX: u32 = 10;
const VAPID_KEY: &str = "vapid";

/// A browser that is pushed to.
#[derive(Clone, Debug)]
pub struct PushSubscription {
    pub id: PushId,
    pub user_id: UserId,
    /// The address of the push service, a secret.
    pub endpoint: String,
    /// The browser's public key and its secret, in base64url.
    pub p256dh: String,
    pub auth: String,
    /// The language of its page.
    pub lang: String,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// Whether pushes say only that there is something new.
    pub hides_text: bool,
    /// Why the last push failed.
    pub last_error: Option<String>,
    /// When the last push was taken.
    pub pushed_at: Option<i64>,
    pub created_at: i64,
    /// The session in which it was made.
    pub session: SessionId,
}

/// A browser that is to be pushed to.
#[derive(Clone, Debug)]
pub struct NewPushSubscription {
    pub endpoint: String,
    pub p256dh: String,
    pub auth: String,
    pub lang: String,
    pub agent: Option<String>,
    /// Whether pushes say only that there is something new; left out, as in the session before.
    pub hides_text: Option<bool>,
}

const COLUMNS: &str =
    "id, user_id, endpoint, public_key, auth, lang, agent, hides_text, last_error, pushed_at, created_at, session";

fn read(row: &Row<'_>) -> Result<PushSubscription, Fault> {
    let mut c = row.columns();
    Ok(PushSubscription {
        id: c.next()?,
        user_id: c.next()?,
        endpoint: c.next()?,
        p256dh: c.next()?,
        auth: c.next()?,
        lang: c.next()?,
        agent: c.next()?,
        hides_text: c.next()?,
        last_error: c.next()?,
        pushed_at: c.next()?,
        created_at: c.next()?,
        session: c.next()?,
    })
}

/// Stores the subscription of a browser, and returns it with whether it is new. The endpoint belongs to one session at a
/// time. With more than 16 browsers, the one that was stored first goes.
///
/// # Errors
/// Only those of the store.
pub fn subscribe(
    tx: &mut Tx,
    now: i64,
    me: UserId,
    session: SessionId,
    new: &NewPushSubscription,
) -> Result<(PushSubscription, bool)> {
    let known = tx.query_opt(
        "UPDATE push_subscriptions SET public_key = ?4, auth = ?5, lang = ?6, agent = ?7, session = ?3
         WHERE endpoint = ?1 AND user_id = ?2 RETURNING id",
        &[&new.endpoint, &me, &session, &new.p256dh, &new.auth, &new.lang, &new.agent],
        |row| row.get(0),
    )?;
    if let Some(id) = known {
        return Ok((get(tx, me, id)?, false));
    }
    // The browser has another address now.
    let sql = "DELETE FROM push_subscriptions WHERE session = ?1 RETURNING hides_text";
    let before = tx.query_all(sql, &[&session], |row| row.get::<bool>(0))?.contains(&true);
    let hides_text = new.hides_text.unwrap_or(before);
    // Somebody else was signed in there before.
    tx.execute("DELETE FROM push_subscriptions WHERE endpoint = ?1", &[&new.endpoint])?;
    notification::begin(tx, me)?;
    let surplus = "DELETE FROM push_subscriptions WHERE user_id = ?1 AND id IN
                   (SELECT id FROM push_subscriptions WHERE user_id = ?1 ORDER BY created_at DESC, id DESC
                    LIMIT 100 OFFSET ?2)";
    tx.execute(surplus, &[&me, &(SUBSCRIPTIONS_MAX - 1)])?;
    let id = PushId::new(now);
    tx.execute(
        "INSERT INTO push_subscriptions
           (id, user_id, session, endpoint, public_key, auth, lang, agent, hides_text, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[&id, &me, &session, &new.endpoint, &new.p256dh, &new.auth, &new.lang, &new.agent, &hides_text, &now],
    )?;
    Ok((get(tx, me, id)?, true))
}

/// Returns the subscriptions of a user, the oldest first.
///
/// # Errors
/// Only those of the store.
pub fn list(tx: &mut Tx, me: UserId) -> Result<Vec<PushSubscription>> {
    let sql = format!("SELECT {COLUMNS} FROM push_subscriptions WHERE user_id = ?1 ORDER BY created_at, id LIMIT ?2");
    Ok(tx.query_all(&sql, &[&me, &SUBSCRIPTIONS_MAX], read)?)
}

/// Returns a subscription of a user.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx, me: UserId, id: PushId) -> Result<PushSubscription> {
    find(tx, id)?.filter(|found| found.user_id == me).ok_or(Code::NotFound.into())
}

/// Returns a subscription, if it has not ended.
///
/// # Errors
/// Only those of the store.
pub fn find(tx: &mut Tx, id: PushId) -> Result<Option<PushSubscription>> {
    let sql = format!("SELECT {COLUMNS} FROM push_subscriptions WHERE id = ?1");
    Ok(tx.query_opt(&sql, &[&id], read)?)
}

/// Returns the ids of a user's subscriptions.
pub(super) fn ids_of(tx: &mut Tx, user_id: UserId) -> Result<Vec<PushId>> {
    let sql = "SELECT id FROM push_subscriptions WHERE user_id = ?1 ORDER BY id";
    Ok(tx.query_all(sql, &[&user_id], |row| row.get(0))?)
}

/// Sets whether pushes say only that there is something new.
///
/// # Errors
/// `not_found`.
pub fn set_hides_text(tx: &mut Tx, me: UserId, id: PushId, hides_text: bool) -> Result<PushSubscription> {
    get(tx, me, id)?;
    tx.execute("UPDATE push_subscriptions SET hides_text = ?2 WHERE id = ?1", &[&id, &hides_text])?;
    get(tx, me, id)
}

/// Removes a subscription of a user.
///
/// # Errors
/// `not_found`.
pub fn unsubscribe(tx: &mut Tx, me: UserId, id: PushId) -> Result<()> {
    get(tx, me, id)?;
    remove(tx, id)
}

/// Removes a subscription that the push service does not know any more. What waits for it finds it gone.
///
/// # Errors
/// Only those of the store.
pub fn remove(tx: &mut Tx, id: PushId) -> Result<()> {
    tx.execute("DELETE FROM push_subscriptions WHERE id = ?1", &[&id])?;
    Ok(())
}

/// Records how a push went: why it failed, or that it was delivered. A browser to which ten in a row failed is forgotten.
///
/// # Errors
/// Only those of the store.
pub fn record_result(tx: &mut Tx, now: i64, id: PushId, error: Option<&str>) -> Result<()> {
    let Some(error) = error else {
        let sql = "UPDATE push_subscriptions SET last_error = NULL, failures = 0, pushed_at = ?2 WHERE id = ?1";
        tx.execute(sql, &[&id, &now])?;
        return Ok(());
    };
    let sql = "UPDATE push_subscriptions SET last_error = ?2, failures = failures + 1 WHERE id = ?1 RETURNING failures";
    match tx.query_opt(sql, &[&id, &error], |row| row.get::<u32>(0))? {
        Some(failures) if failures >= FAILURES_MAX => remove(tx, id),
        _ => Ok(()),
    }
}

/// Returns the key by which push services know this server, as PKCS #8. The first call makes it; all nodes have the same.
///
/// # Errors
/// Only those of the store.
pub fn vapid_key(tx: &mut Tx) -> Result<Vec<u8>> {
    let find = "SELECT value FROM meta WHERE key = ?1";
    let mut key: Option<String> = tx.query_opt(find, &[&VAPID_KEY], |row| row.get(0))?;
    if key.is_none() {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = STANDARD.encode(made.map_err(|_| Error::internal("no key for pushes could be made"))?);
        let insert = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING";
        tx.execute(insert, &[&VAPID_KEY, &made])?;
        key = tx.query_opt(find, &[&VAPID_KEY], |row| row.get(0))?;
    }
    let key = key.and_then(|key| STANDARD.decode(key).ok());
    key.ok_or_else(|| Error::internal("the key for pushes cannot be read"))
}
